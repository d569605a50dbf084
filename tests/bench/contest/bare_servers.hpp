// Bare ZeroMQ servers for segments, which check and decide nothing and publish no events.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <zmq.hpp>

#include "tests/bench/child_process.hpp"
#include "tests/bench/echo_process.hpp"

namespace shmbus::bench {

// Answers each request with `bytes` bytes after the IPC_STAT of `shmid`.
[[nodiscard]] Answering answer_with_stat(int shmid, std::size_t bytes);

// What comes before the bytes, if there are any, of a request to serve_pieces: they are written, else `length` are
// read.
struct PieceRequest {
  int shmid = 0;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

[[nodiscard]] std::string piece_request(const PieceRequest& request, std::string_view data = {});

// Reads and writes pieces of a segment that it attaches at the first of them, until one of another comes.
void serve_pieces(zmq::message_t& message);

// A process with a bare XPUB at `endpoint`. To be made before this process has threads.
class BarePublisher {
 public:
  BarePublisher(const std::string& endpoint, std::size_t message_bytes);

  // Waits until so many more have subscribed.
  void expect(std::size_t subscribers);
  // Has it publish so many messages; does not wait for it.
  void publish(std::size_t count) { child_.tell(count); }
  void finish() { child_.answer(); }

  [[nodiscard]] pid_t pid() const { return child_.pid(); }

 private:
  ChildProcess child_;
};

}  // namespace shmbus::bench
