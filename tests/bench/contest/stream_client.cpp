#include "tests/bench/contest/stream_client.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace shmbus::bench {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 18;
constexpr time_t kPatienceSeconds = 30;

[[noreturn]] void fail(const std::string& what) { throw std::system_error(errno, std::generic_category(), what); }

}  // namespace

StreamClient::StreamClient(const std::string& path)
    : fd_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)), http_(false), buffer_(kBufferBytes) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  if (fd_ < 0 || connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    fail(path);
  }
  set_patience();
}

StreamClient::StreamClient(int port)
    : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), http_(true), buffer_(kBufferBytes) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd_ < 0 || connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    fail("port " + std::to_string(port));
  }
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  set_patience();
}

StreamClient::StreamClient(StreamClient&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      http_(other.http_),
      buffer_(std::move(other.buffer_)),
      begin_(other.begin_),
      end_(other.end_) {}

StreamClient::~StreamClient() {
  if (fd_ >= 0) {
    close(fd_);
  }
}

void StreamClient::set_patience() const {
  const timeval patience{kPatienceSeconds, 0};
  setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

void StreamClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) {
      fail("sending a request");
    }
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void StreamClient::receive_http() {
  const std::string status = line();
  if (!status.starts_with("HTTP/1.1 20")) {
    throw std::runtime_error("the web service answered " + status);
  }
  std::size_t length = 0;
  for (std::string header = line(); !header.empty(); header = line()) {
    std::transform(header.begin(), header.end(), header.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    constexpr std::string_view kLength = "content-length:";
    if (header.starts_with(kLength)) {
      length = std::stoul(header.substr(kLength.size()));
    }
  }
  skip(length);
}

void StreamClient::receive_resp() {
  const std::string head = line();
  const char kind = head.empty() ? '-' : head.front();
  if (kind == '-') {
    throw std::runtime_error("Redis answered " + head);
  }
  const long count = kind == '$' || kind == '*' ? std::stol(head.substr(1)) : 0;
  if (kind == '$' && count >= 0) {
    skip(static_cast<std::size_t>(count) + 2);
  } else if (kind == '*') {
    for (long i = 0; i < count; ++i) {
      receive_resp();
    }
  }
}

std::string StreamClient::line() {
  std::string text;
  for (;;) {
    if (begin_ == end_) {
      fill();
    }
    const auto first = buffer_.begin() + static_cast<std::ptrdiff_t>(begin_);
    const auto last = buffer_.begin() + static_cast<std::ptrdiff_t>(end_);
    const auto feed = std::find(first, last, '\n');
    text.append(first, feed);
    if (feed != last) {
      begin_ = static_cast<std::size_t>(feed - buffer_.begin()) + 1;
      text.pop_back();
      return text;
    }
    begin_ = end_;
  }
}

void StreamClient::skip(std::size_t count) {
  while (count > 0) {
    if (begin_ == end_) {
      fill();
    }
    const std::size_t taken = std::min(count, end_ - begin_);
    begin_ += taken;
    count -= taken;
  }
}

void StreamClient::fill() {
  const ssize_t got = recv(fd_, buffer_.data(), buffer_.size(), 0);
  if (got <= 0) {
    fail(got == 0 ? "the connection was closed" : "waiting for an answer");
  }
  begin_ = 0;
  end_ = static_cast<std::size_t>(got);
}

std::string redis_command(const std::vector<std::string_view>& words) {
  std::string bytes = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string_view word : words) {
    bytes += "$" + std::to_string(word.size()) + "\r\n";
    bytes += word;
    bytes += "\r\n";
  }
  return bytes;
}

std::string http_request(const std::string& method, const std::string& path, const std::string& json) {
  std::string bytes = method + " " + path + " HTTP/1.1\r\nHost: localhost\r\n";
  if (!json.empty()) {
    bytes += "Content-Type: application/json\r\nContent-Length: " + std::to_string(json.size()) + "\r\n";
  }
  return bytes + "\r\n" + json;
}

}  // namespace shmbus::bench
