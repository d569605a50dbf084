#include "agent/events/event_ring.hpp"

#include <algorithm>
#include <utility>

namespace shmbus::agent {
namespace {

constexpr std::size_t kFirstEntries = 64;  // doubled when they are full

}  // namespace

EventRing::EventRing(std::size_t most_bytes)
    : capacity_(most_bytes), bytes_(std::make_unique_for_overwrite<char[]>(most_bytes)), entries_(kFirstEntries) {}

void EventRing::reserve(std::size_t size) {
  if (end_ - first_ == entries_.size()) {
    std::vector<Entry> more(2 * entries_.size());
    for (std::uint64_t seq = first_; seq != end_; ++seq) {
      more[seq % more.size()] = at(seq);
    }
    entries_ = std::move(more);
  }
  if (size > capacity_) {
    auto larger = std::make_unique_for_overwrite<char[]>(size);
    std::copy_n(bytes_.get(), capacity_, larger.get());
    bytes_ = std::move(larger);
    capacity_ = size;
  }
}

// Looks for `size` free bytes after the last event, and then at the start of the buffer. Returns false if the oldest
// event is in the way.
bool EventRing::find_room(std::size_t size) {
  if (empty()) {
    next_ = 0;
    return true;
  }
  const std::size_t oldest = at(first_).offset;
  if (next_ <= oldest) {  // wrapped around: the last event is before the oldest
    return size <= oldest - next_;
  }
  if (size <= capacity_ - next_) {
    return true;
  }
  if (size > oldest) {
    return false;
  }
  next_ = 0;
  return true;
}

char* EventRing::put(std::uint64_t seq, Key key, ShmId shmid, std::size_t size) {
  if (empty()) {
    first_ = end_ = seq;
  }
  entries_[end_ % entries_.size()] = {key, shmid, next_, size};
  ++end_;
  char* const place = &bytes_[next_];
  next_ += size;
  return place;
}

}  // namespace shmbus::agent
