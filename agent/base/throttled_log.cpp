#include "agent/base/throttled_log.hpp"

#include <spdlog/spdlog.h>

#include <utility>

#include "agent/base/json_line.hpp"
#include "protocol/text.hpp"

namespace shmbus::agent {
namespace {

std::string printable(std::string_view text) {
  constexpr std::size_t kMostBytes = 128;  // the text may be of the peer's choosing
  return escape_for_terminal(cut(text, kMostBytes));
}

}  // namespace

void Unwritten::add(const Unwritten& more) {
  since = count == 0 ? more.since : since;
  until = more.until;
  count += more.count;
}

bool Throttle::admit(const std::string& name, Clock::time_point now, WallTime time) {
  auto found = minutes_.find(name);
  if (found == minutes_.end()) {
    const Name own = minutes_.size() < most_names_ ? Name(name) : Name();
    const auto [minute, is_new] = minutes_.try_emplace(own);
    if (is_new) {
      ends_.push_back({.at = now + kMinute, .name = own});
    }
    found = minute;
  }
  Minute& minute = found->second;
  if (minute.written < most_lines_) {
    ++minute.written;
    return true;
  }
  minute.left_out.add({.count = 1, .since = time, .until = time});
  return false;
}

std::vector<Throttle::LeftOut> Throttle::take_ended(Clock::time_point now) {
  std::vector<LeftOut> ended;
  while (!ends_.empty() && ends_.front().at <= now) {
    auto minute = minutes_.extract(ends_.front().name);
    if (minute.mapped().left_out.count != 0) {
      ended.push_back({.name = std::move(minute.key()), .lines = minute.mapped().left_out});
    }
    ends_.pop_front();
  }
  return ended;
}

std::optional<Clock::time_point> Throttle::next_deadline() const {
  return ends_.empty() ? std::nullopt : std::optional(ends_.front().at);
}

void ThrottledLog::add_refusal(std::string_view peer, std::string_view reason, Clock::time_point now) {
  ++count_;
  throttle_.take_ended(now);
  const std::string name = printable(peer);
  if (!throttle_.admit(name, now)) {
    ++not_logged_;
    return;
  }
  spdlog::warn("rejected {}: {}{}", name, printable(reason),
               not_logged_ == 0 ? "" : " (" + std::to_string(not_logged_) + " more since the last line)");
  not_logged_ = 0;
}

}  // namespace shmbus::agent
