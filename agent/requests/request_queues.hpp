// Requests that wait to be served, in a queue for each principal.
#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <string>
#include <string_view>
#include <vector>
#include <zmq.hpp>

namespace shmbus::agent {

// A request as it was received: the frames of its envelope, which lead the reply back, then the request itself. `parts`
// is how many frames followed the envelope, of which the first alone is kept. `socket` is the number of the one that it
// came by, `peer` what that knows of the sender (see peer_of), borrowed from the request.
struct QueuedRequest {
  std::size_t socket = 0;
  std::vector<zmq::message_t> frames;
  std::size_t parts = 1;
  std::string_view peer = {};

  [[nodiscard]] zmq::message_t& request() { return frames.back(); }
};

// A request goes from list to list by splice(), which neither copies it nor takes memory.
using Requests = std::list<QueuedRequest>;

// Serves the principals by turns, one request each, however many a principal has waiting; those of one principal in the
// order of their coming. One thread.
class RequestQueues {
 public:
  // Takes the first of `from` to the end of the principal's queue. Throws std::bad_alloc, then `from` is as it was.
  void push(const std::string& principal, Requests& from);

  // Takes the request whose turn it is to the end of `to`; one must wait.
  void pop(Requests& to);

  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  using Queues = std::map<std::string, Requests>;

  Queues queues_;                      // none is empty
  std::list<Queues::iterator> turns_;  // of all queues, the next one first
  std::size_t size_ = 0;
};

}  // namespace shmbus::agent
