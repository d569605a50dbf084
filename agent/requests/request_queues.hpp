// Queues for requests that wait to be served, one for each principal, and the order in which they are served.
#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>
#include <zmq.hpp>

#include "agent/config/limits.hpp"
#include "agent/requests/started_batch.hpp"

namespace shmbus::agent {

// A request as received. `frames` holds the envelope, which leads the reply back to the client, and the request's own
// frame as the last. `parts` counts the frames that followed the envelope, of which only the first is kept; a valid
// request has 1. `socket` is the index of the socket that received it. `peer` identifies the sender (see peer_of) and
// points into the request's frame, so it is valid until that frame is replaced by the reply. `batch` is the state of a
// batch that was carried out in part; null for every other request.
struct QueuedRequest {
  std::size_t socket = 0;
  std::vector<zmq::message_t> frames;
  std::size_t parts = 1;
  std::string_view peer = {};
  std::unique_ptr<StartedBatch> batch = {};

  [[nodiscard]] zmq::message_t& request() { return frames.back(); }
};

// Requests move from list to list by splice(), which neither copies them nor allocates memory.
using Requests = std::list<QueuedRequest>;

// Shares the agent's time between principals, as a fair scheduler shares a processor. Each principal has a clock, which
// advances by the time that the agent spends on its requests. The principal whose clock is furthest behind is served
// next, so a principal with thousands of slow requests delays another one's request by the one in service and no more.
// A principal that was idle does not gain from that: its clock is set to that of the principal in service.
//
// The requests of one principal come out in the order in which they went in. Its queue is bounded, in requests and in
// bytes. An idle principal is remembered until the others have caught up with its clock. One thread.
class RequestQueues {
 public:
  // Moves the first request of `from` to the end of the principal's queue. Returns false and moves nothing if that
  // queue is full: kMaxQueuedRequests requests, or kMaxQueuedBytes with this one, unless the queue is empty. Requires:
  // `from` is not empty. Throws std::bad_alloc and changes nothing if there is no memory for a new queue.
  [[nodiscard]] bool push(const std::string& principal, Requests& from);

  // Moves the request that is to be served next to the end of `to`. Requires: size() > 0.
  void pop(Requests& to);

  // Advances the clock of the principal that pop() served last by `spent`. Call it once after each pop().
  void charge(std::chrono::nanoseconds spent);

  // Moves the last request of `from` back to the front of the queue that it came from: a batch that is to be continued.
  // Requires: pop() has moved it there, and there was no other pop() since.
  void put_back(Requests& from);

  // Returns the principal that pop() served last.
  [[nodiscard]] const std::string& served() const { return served_->first; }

  // Returns the number of requests in all queues.
  [[nodiscard]] std::size_t size() const { return size_; }

  // Returns the number of principals that are remembered.
  [[nodiscard]] std::size_t principals() const { return queues_.size(); }

 private:
  struct Queue;
  using Queues = std::map<std::string, Queue>;
  using Order = std::multimap<std::chrono::nanoseconds, Queues::iterator>;  // by the principal's clock

  struct Queue {
    Requests waiting;
    std::size_t bytes = 0;
    Order::iterator place;  // in waiting_ if there are requests, else in idle_
  };

  // Moves a queue to its place in `to`, with its clock at least at `clock`. Allocates nothing.
  static void move(Queues::iterator queue, Order& from, Order& to, std::chrono::nanoseconds clock);
  void forget_idle();

  Queues queues_;
  Order waiting_;
  Order idle_;
  Queues::iterator served_ = queues_.end();  // by the last pop()
  std::chrono::nanoseconds now_{};           // the clock of that principal when it was served
  std::size_t size_ = 0;
};

}  // namespace shmbus::agent
