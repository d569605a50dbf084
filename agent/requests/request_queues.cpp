#include "agent/requests/request_queues.hpp"

#include <utility>

namespace shmbus::agent {

void RequestQueues::push(const std::string& principal, QueuedRequest&& request) {
  std::list<QueuedRequest> last(1);
  auto queue = queues_.find(principal);
  if (queue == queues_.end()) {
    std::list<Queues::iterator> turn(1);
    queue = queues_.try_emplace(principal).first;
    turn.front() = queue;
    turns_.splice(turns_.end(), turn);
  }
  // All memory is there: nothing throws from here on.
  last.front() = std::move(request);
  queue->second.splice(queue->second.end(), last);
  ++size_;
}

std::optional<QueuedRequest> RequestQueues::pop() {
  if (turns_.empty()) {
    return std::nullopt;
  }
  const Queues::iterator queue = turns_.front();
  QueuedRequest request = std::move(queue->second.front());
  queue->second.pop_front();
  --size_;
  if (queue->second.empty()) {
    turns_.pop_front();
    queues_.erase(queue);
  } else {
    turns_.splice(turns_.end(), turns_, turns_.begin());
  }
  return request;
}

}  // namespace shmbus::agent
