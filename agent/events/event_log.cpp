#include "agent/events/event_log.hpp"

#include <chrono>

#include "protocol/codec/events.hpp"

namespace shmbus::agent {

EventLog::EventLog(std::string host, std::uint64_t epoch, std::size_t most_bytes)
    : host_(std::move(host)), epoch_(epoch), ring_(most_bytes) {}

std::string_view EventLog::append(Event& event) {
  std::uint64_t& last = last_of_key_[event.shm_key];
  event.epoch = epoch_;
  event.seq = seq_ + 1;
  event.prev = last;
  event.time_ns = unix_time_ns();
  event.host = host_;
  encoded_.clear();
  append_event(event, encoded_);
  ring_.reserve(encoded_.size());
  seq_ = last = event.seq;
  char* const place =
      ring_.keep(event.seq, event.shm_key, event.shm_shmid, encoded_.size(), [this](std::uint64_t dropped, Key key) {
        if (const auto found = last_of_key_.find(key); found->second == dropped) {
          last_of_key_.erase(found);
        }
      });
  encoded_.copy(place, encoded_.size());
  return {place, encoded_.size()};
}

void EventLog::skip() {
  ++seq_;
  ring_.clear();
  last_of_key_.clear();
}

Result<EventsResult> EventLog::replay(const EventsRequest& request, std::size_t most_bytes) const {
  EventsResult result;
  result.last = seq_;
  result.first = ring_.empty() ? 0 : ring_.first();
  const std::uint64_t since = request.since.value_or(ring_.empty() ? seq_ : result.first - 1);
  if (since > seq_) {
    return Error{.code = ErrorCode::kBadRequest,
                 .message = "since: " + std::to_string(since) + " is after the last event, " + std::to_string(seq_)};
  }
  if (ring_.empty() && since == seq_) {
    return result;
  }
  if (ring_.empty() || since + 1 < result.first) {
    return Error{.code = ErrorCode::kCompacted,
                 .message = "event " + std::to_string(since + 1) + " is no longer kept; the oldest is " +
                            std::to_string(ring_.empty() ? seq_ + 1 : result.first),
                 .hint = "list the segments again, then apply the events after the seq of that list"};
  }
  std::size_t bytes = 0;
  for (std::uint64_t seq = since + 1; seq <= seq_; ++seq) {
    const EventRing::Entry& entry = ring_.at(seq);
    if ((request.shm_key && *request.shm_key != entry.key) ||
        (request.shm_shmid && *request.shm_shmid != entry.shmid)) {
      continue;
    }
    if (result.events.size() == request.limit || bytes + entry.size > most_bytes) {
      result.more = true;
      break;
    }
    bytes += entry.size;
    result.events.emplace_back(ring_.bytes(entry));
  }
  return result;
}

std::int64_t unix_time_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace shmbus::agent
