#include "agent/requests/request_queues.hpp"

namespace shmbus::agent {

void RequestQueues::push(const std::string& principal, Requests& from) {
  auto queue = queues_.find(principal);
  if (queue == queues_.end()) {
    std::list<Queues::iterator> turn(1);
    queue = queues_.try_emplace(principal).first;
    turn.front() = queue;
    turns_.splice(turns_.end(), turn);
  }
  queue->second.splice(queue->second.end(), from, from.begin());
  ++size_;
}

void RequestQueues::pop(Requests& to) {
  const Queues::iterator queue = turns_.front();
  to.splice(to.end(), queue->second, queue->second.begin());
  --size_;
  if (queue->second.empty()) {
    turns_.pop_front();
    queues_.erase(queue);
  } else {
    turns_.splice(turns_.end(), turns_, turns_.begin());
  }
}

}  // namespace shmbus::agent
