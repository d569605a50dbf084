#include "protocol/client/security/curve.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "protocol/endpoint/open_directory.hpp"
#include "protocol/text.hpp"
#include "protocol/unique_fd.hpp"

namespace shmbus {
namespace {

using KeyBuffer = std::array<char, 41>;  // 40 characters and the NUL that libzmq adds

Error without_curve() { return {ErrorCode::kUnsupported, "libzmq was built without CURVE"}; }

Error refused(const std::string& path, const std::string& why, const std::string& hint) {
  return {ErrorCode::kBadRequest, escape_foreign(path) + " was rejected: " + why, hint};
}

Result<std::string> read_key_file(const std::string& path, mode_t forbidden, const std::string& remedy) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) {
    return file_error(errno, "read", path, ErrorCode::kBadRequest);
  }
  if (!S_ISREG(status.st_mode)) {
    return refused(path, "it is not a regular file", "");
  }
  if (!is_us_or_root(status.st_uid)) {
    return refused(path, "it is owned by uid " + std::to_string(status.st_uid), "it must be owned by you or root");
  }
  if ((status.st_mode & forbidden) != 0) {
    return refused(path, (forbidden & S_IROTH) != 0 ? "other users can access it" : "other users can modify it",
                   remedy + escape_foreign(path));
  }
  std::array<char, kMostKeyFileBytes> content;
  const ssize_t got = ::read(file.get(), content.data(), content.size());
  if (got < 0) {
    return file_error(errno, "read", path, ErrorCode::kBadRequest);
  }
  if (static_cast<std::size_t>(got) == content.size()) {
    return refused(path, "it is too large for a key file", "");
  }
  return std::string(content.data(), static_cast<std::size_t>(got));
}

}  // namespace

Result<CurvePair> make_curve_pair() {
  KeyBuffer public_key{};
  KeyBuffer secret_key{};
  if (zmq_curve_keypair(public_key.data(), secret_key.data()) != 0) {
    return without_curve();
  }
  return CurvePair{public_key.data(), secret_key.data()};
}

Result<CurvePair> read_curve_pair(const std::string& path) {
  const Result<std::string> content = read_key_file(path, S_IRWXG | S_IRWXO, "chmod 0600 ");
  if (!content) {
    return content.error();
  }
  Result<CurvePair> pair = parse_key_pair(*content, path);
  if (!pair) {
    return pair;
  }
  KeyBuffer derived{};
  if (zmq_curve_public(derived.data(), pair->secret_key.c_str()) != 0) {
    return without_curve();
  }
  if (pair->public_key != derived.data()) {
    return refused(path, "the two keys do not belong together", "shmbus-send keygen generates a pair");
  }
  return pair;
}

Result<std::string> read_curve_server(const std::string& file_or_key) {
  if (is_curve_key(file_or_key)) {
    return file_or_key;
  }
  const Result<std::string> content = read_key_file(file_or_key, S_IWGRP | S_IWOTH, "chmod go-w ");
  return content ? parse_public_key(*content, file_or_key) : content.error();
}

Result<void> use_curve(zmq::socket_t& socket, const CurveClient& curve) {
  if (!is_curve_key(curve.server_key) || !is_curve_key(curve.own.public_key) || !is_curve_key(curve.own.secret_key)) {
    return Error{ErrorCode::kBadRequest, "a CURVE key is 40 characters of Z85"};
  }
  try {
    socket.set(zmq::sockopt::curve_serverkey, curve.server_key);
    socket.set(zmq::sockopt::curve_publickey, curve.own.public_key);
    socket.set(zmq::sockopt::curve_secretkey, curve.own.secret_key);
  } catch (const zmq::error_t&) {
    return without_curve();
  }
  return {};
}

}  // namespace shmbus
