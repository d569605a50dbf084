#include "agent/requests/request_queues.hpp"

#include <algorithm>

namespace shmbus::agent {

bool RequestQueues::push(const std::string& principal, Requests& from) {
  auto queue = queues_.find(principal);
  if (queue == queues_.end()) {
    const Order::iterator place = idle_.emplace(now_, queues_.end());
    try {
      queue = queues_.try_emplace(principal).first;
    } catch (...) {
      idle_.erase(place);
      throw;
    }
    place->second = queue;
    queue->second.place = place;
  }
  Queue& own = queue->second;
  const std::size_t bytes = from.front().request().size();
  if (own.waiting.size() >= kMaxQueuedRequests || (own.bytes > 0 && own.bytes + bytes > kMaxQueuedBytes)) {
    return false;
  }
  if (own.waiting.empty()) {
    move(queue, idle_, waiting_, now_);
  }
  own.waiting.splice(own.waiting.end(), from, from.begin());
  own.bytes += bytes;
  ++size_;
  return true;
}

void RequestQueues::pop(Requests& to) {
  const auto [clock, queue] = *waiting_.begin();
  now_ = clock;
  served_ = queue;
  Queue& own = queue->second;
  own.bytes -= own.waiting.front().request().size();
  to.splice(to.end(), own.waiting, own.waiting.begin());
  --size_;
  if (own.waiting.empty()) {
    move(queue, waiting_, idle_, clock);
  }
}

void RequestQueues::charge(std::chrono::nanoseconds spent) {
  Order& order = served_->second.waiting.empty() ? idle_ : waiting_;
  move(served_, order, order, served_->second.place->first + spent);
  if (size_ == 0) {  // nobody waits for anybody, so all may start anew
    now_ = idle_.rbegin()->first;
  }
  forget_idle();
}

void RequestQueues::put_back(Requests& from) {
  Queue& own = served_->second;
  if (own.waiting.empty()) {
    move(served_, idle_, waiting_, now_);
  }
  own.bytes += from.back().request().size();
  own.waiting.splice(own.waiting.begin(), from, std::prev(from.end()));
  ++size_;
}

void RequestQueues::move(Queues::iterator queue, Order& from, Order& to, std::chrono::nanoseconds clock) {
  auto node = from.extract(queue->second.place);
  node.key() = std::max(node.key(), clock);
  queue->second.place = to.insert(std::move(node));
}

// A principal whose clock is not ahead is in the same position as a new one. The one in service stays for charge().
void RequestQueues::forget_idle() {
  for (auto next = idle_.begin(); next != idle_.end() && next->first <= now_;) {
    const Queues::iterator queue = next->second;
    ++next;
    if (queue != served_) {
      idle_.erase(queue->second.place);
      queues_.erase(queue);
    }
  }
}

}  // namespace shmbus::agent
