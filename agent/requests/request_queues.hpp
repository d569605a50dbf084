// Queues for requests that wait to be served, one for each principal.
#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <string>
#include <string_view>
#include <vector>
#include <zmq.hpp>

namespace shmbus::agent {

// A request as received. `frames` holds the envelope, which leads the reply back to the client, and the request's own
// frame as the last. `parts` counts the frames that followed the envelope, of which only the first is kept; a valid
// request has 1. `socket` is the index of the socket that received it. `peer` identifies the sender (see peer_of) and
// points into the request's frame, so it is valid until that frame is replaced by the reply.
struct QueuedRequest {
  std::size_t socket = 0;
  std::vector<zmq::message_t> frames;
  std::size_t parts = 1;
  std::string_view peer = {};

  [[nodiscard]] zmq::message_t& request() { return frames.back(); }
};

// Requests move from list to list by splice(), which neither copies them nor allocates memory.
using Requests = std::list<QueuedRequest>;

// Hands out requests fairly: the principals take turns, one request each, however many a principal has waiting. The
// requests of one principal come out in the order in which they went in. A principal without requests takes no memory.
// Has no bound of its own; the caller limits what it pushes. One thread.
class RequestQueues {
 public:
  // Moves the first request of `from` to the end of the principal's queue. Requires: `from` is not empty. Throws
  // std::bad_alloc and leaves both unchanged if the principal needs a new queue and there is no memory for one.
  void push(const std::string& principal, Requests& from);

  // Moves the request whose turn it is to the end of `to`. Requires: size() > 0.
  void pop(Requests& to);

  // Returns the number of requests in all queues.
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  using Queues = std::map<std::string, Requests>;

  Queues queues_;                      // no queue in it is empty
  std::list<Queues::iterator> turns_;  // every queue once, the next to be served first
  std::size_t size_ = 0;
};

}  // namespace shmbus::agent
