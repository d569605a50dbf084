#include "protocol/client/socket.hpp"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace shmbus {
namespace {

constexpr std::size_t kMaxFrames = 3;  // one more than any message of the agent has, so that too many are noticed

void fill_randomly(void* bytes, std::size_t size) {
  if (getrandom(bytes, size, 0) != static_cast<ssize_t>(size)) {  // never short up to 256 bytes: getrandom(2)
    throw std::system_error(errno, std::generic_category(), "getrandom");
  }
}

std::chrono::milliseconds time_until(std::optional<Clock::time_point> deadline) {
  if (!deadline) {
    return std::chrono::milliseconds(-1);
  }
  return std::max(std::chrono::ceil<std::chrono::milliseconds>(*deadline - Clock::now()), std::chrono::milliseconds(0));
}

}  // namespace

Result<void> connect_to(zmq::socket_t& socket, const std::string& address, std::string_view what) {
  try {
    socket.set(zmq::sockopt::ipv6, address.starts_with("tcp://["));
    socket.connect(address);
  } catch (const zmq::error_t& error) {
    return Error{ErrorCode::kBadRequest,
                 "cannot connect to the " + std::string(what) + " endpoint '" + address + "': " + error.what(),
                 "an endpoint is written ipc://PATH or tcp://HOST:PORT"};
  }
  return {};
}

Woken wait_for_message(zmq::socket_t& socket, int interrupt_fd, std::optional<Clock::time_point> deadline) {
  std::array<zmq::pollitem_t, 2> items{{{socket.handle(), 0, ZMQ_POLLIN, 0}, {nullptr, interrupt_fd, ZMQ_POLLIN, 0}}};
  const std::size_t count = interrupt_fd < 0 ? 1 : 2;
  for (;;) {
    try {
      zmq::poll(items.data(), count, time_until(deadline));
    } catch (const zmq::error_t& error) {
      if (error.num() != EINTR) {
        throw;
      }
      continue;
    }
    if (items[1].revents != 0) {
      return Woken::kInterrupt;
    }
    if (items[0].revents != 0) {
      return Woken::kMessage;
    }
    if (deadline && Clock::now() >= *deadline) {
      return Woken::kDeadline;
    }
  }
}

std::optional<std::vector<std::string>> receive_message(zmq::socket_t& socket) {
  std::vector<std::string> frames;
  zmq::message_t frame;
  do {
    if (!socket.recv(frame, zmq::recv_flags::dontwait)) {
      return std::nullopt;
    }
    if (frames.size() < kMaxFrames) {
      frames.push_back(frame.to_string());
    }
  } while (frame.more());
  return frames;
}

std::string random_hex(std::size_t bytes) {
  std::string random(bytes, '\0');
  fill_randomly(random.data(), random.size());
  std::string hex;
  for (const char byte : random) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    hex += kDigits[static_cast<unsigned char>(byte) >> 4U];
    hex += kDigits[static_cast<unsigned char>(byte) & 0xFU];
  }
  return hex;
}

std::string random_uuid() {
  std::string uuid = random_hex(16);
  uuid[12] = '4';
  uuid[16] = "89ab"[random_number() % 4];
  for (const std::size_t place : {20U, 16U, 12U, 8U}) {
    uuid.insert(place, 1, '-');
  }
  return uuid;
}

std::uint64_t random_number() {
  std::uint64_t number = 0;
  fill_randomly(&number, sizeof number);
  return number >> 11U;
}

}  // namespace shmbus
