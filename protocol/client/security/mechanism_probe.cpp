#include "protocol/client/security/mechanism_probe.hpp"

#include <string_view>

namespace shmbus {
namespace {

// A greeting (RFC 23) has a signature (10 bytes), a version (2), a mechanism (20, padded with NUL), and more that is
// not needed here.
constexpr std::string_view kSignatureAndMajor("\xff\0\0\0\0\0\0\0\1\x7f\3", 11);
constexpr std::size_t kMechanismAt = 12;
constexpr std::size_t kMechanismBytes = 20;

}  // namespace

MechanismProbe::MechanismProbe(zmq::context_t& context) : stream_(context, zmq::socket_type::stream) {
  constexpr int kNever = -1;
  stream_.set(zmq::sockopt::linger, 0);
  stream_.set(zmq::sockopt::reconnect_ivl, kNever);
}

void MechanismProbe::ask(const std::string& endpoint) {
  if (state_ == State::kIdle) {
    greeting_.clear();
    state_ = State::kConnecting;
    stream_.set(zmq::sockopt::ipv6, endpoint.starts_with("tcp://["));
    stream_.connect(endpoint);
  }
}

// A STREAM socket delivers pairs of frames, the id of a connection and bytes from it. The bytes are empty at its
// beginning and at its end.
std::optional<std::string> MechanismProbe::mechanism() {
  zmq::message_t id;
  zmq::message_t bytes;
  while (stream_.recv(id, zmq::recv_flags::dontwait) && stream_.recv(bytes, zmq::recv_flags::dontwait)) {
    if (!bytes.empty()) {
      greeting_ += bytes.to_string_view();
    } else if (state_ == State::kConnected) {
      state_ = State::kIdle;
    } else {
      state_ = State::kConnected;
      stream_.send(id, zmq::send_flags::sndmore | zmq::send_flags::dontwait);
      stream_.send(zmq::buffer(kSignatureAndMajor), zmq::send_flags::dontwait);
    }
  }
  if (greeting_.size() < kMechanismAt + kMechanismBytes) {
    return std::nullopt;
  }
  return greeting_.substr(kMechanismAt, kMechanismBytes).c_str();  // up to its first NUL
}

}  // namespace shmbus
