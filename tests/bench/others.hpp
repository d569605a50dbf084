// The other processes in the benchmark of detection: one that changes segments, a bare publisher, and the subscribers.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <zmq.hpp>

namespace shmbus::bench {

inline constexpr std::uint32_t kChangedKey = 5679;
inline constexpr std::uint32_t kStormKey = 77;

// Makes so many segments, the last one with kChangedKey; for 0 and 1 gives that one mode 600 or 640 and returns when.
// To be called in a process of its own.
std::uint64_t make_or_change(std::uint64_t number);

// Creates and removes kStormKey so many times, and returns when it was done.
std::uint64_t storm(std::uint64_t times);

// Publishes a message the size of an event each time: the bare hop. At first it binds and waits for its subscriber.
class Hop {
 public:
  explicit Hop(std::string endpoint) : endpoint_(std::move(endpoint)) {}

  // Returns when it sent.
  std::uint64_t act();

 private:
  std::string endpoint_;
  std::unique_ptr<zmq::context_t> context_;  // made in the process that acts
  std::unique_ptr<zmq::socket_t> socket_;
};

// A subscriber of every segment's events, live when it is made; without a bound on its queue. Throws after 10 s in
// vain.
class Subscriber {
 public:
  using Message = std::pair<std::string, std::string>;  // topic, body

  Subscriber(zmq::context_t& context, const std::string& endpoint);

  Message receive();
  std::optional<Message> poll();  // what is there already

 private:
  zmq::socket_t socket_;
};

}  // namespace shmbus::bench
