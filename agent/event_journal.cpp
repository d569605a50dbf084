#include "agent/event_journal.hpp"

#include <chrono>

#include "protocol/codec/events.hpp"

namespace shmbus::agent {

EventJournal::EventJournal(std::string host, std::uint64_t epoch, std::size_t most_bytes)
    : host_(std::move(host)), epoch_(epoch), most_bytes_(most_bytes) {}

const std::string& EventJournal::append(Event& event) {
  std::uint64_t& last = last_of_key_[event.shm_key];
  event.epoch = epoch_;
  event.seq = ++seq_;
  event.prev = last;
  event.time_ns = unix_time_ns();
  event.host = host_;
  last = event.seq;
  entries_.push_back({event.seq, event.shm_key, event.shm_shmid, encode_event(event)});
  kept_bytes_ += entries_.back().bytes.size();
  while (kept_bytes_ > most_bytes_ && entries_.size() > 1) {
    drop_oldest();
  }
  return entries_.back().bytes;
}

Result<EventsResult> EventJournal::replay(const EventsRequest& request, std::size_t most_bytes) const {
  EventsResult result;
  result.last = seq_;
  result.first = entries_.empty() ? 0 : entries_.front().seq;
  if (entries_.empty()) {
    if (request.since.value_or(0) > seq_) {
      return Error{
          .code = ErrorCode::kBadRequest,
          .message = "since: " + std::to_string(*request.since) + " is after the last event, " + std::to_string(seq_)};
    }
    return result;
  }
  const std::uint64_t since = request.since.value_or(result.first - 1);
  if (since > seq_) {
    return Error{.code = ErrorCode::kBadRequest,
                 .message = "since: " + std::to_string(since) + " is after the last event, " + std::to_string(seq_)};
  }
  if (since + 1 < result.first) {
    return Error{.code = ErrorCode::kCompacted,
                 .message = "event " + std::to_string(since + 1) + " is no longer kept, the oldest is " +
                            std::to_string(result.first),
                 .hint = "take a new list and apply the events after its seq"};
  }
  std::size_t bytes = 0;
  for (std::size_t i = since + 1 - result.first; i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    if ((request.shm_key && *request.shm_key != entry.key) ||
        (request.shm_shmid && *request.shm_shmid != entry.shmid)) {
      continue;
    }
    if (result.events.size() == request.limit || bytes + entry.bytes.size() > most_bytes) {
      result.more = true;
      break;
    }
    bytes += entry.bytes.size();
    result.events.push_back(entry.bytes);
  }
  return result;
}

void EventJournal::drop_oldest() {
  const Entry& oldest = entries_.front();
  kept_bytes_ -= oldest.bytes.size();
  if (const auto last = last_of_key_.find(oldest.key); last->second == oldest.seq) {
    last_of_key_.erase(last);
  }
  entries_.pop_front();
}

std::int64_t unix_time_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace shmbus::agent
