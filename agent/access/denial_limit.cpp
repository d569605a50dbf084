#include "agent/access/denial_limit.hpp"

#include <tuple>
#include <utility>

namespace shmbus::agent {

bool DenialLimit::admit(const std::string& principal, Clock::time_point now, WallTime time) {
  auto found = minutes_.find(principal);
  if (found == minutes_.end()) {
    Name name = minutes_.size() < kMostPrincipals ? Name(principal) : Name();
    bool is_new = false;
    std::tie(found, is_new) = minutes_.try_emplace(name);
    if (is_new) {
      ends_.push_back({.at = now + kMinute, .name = std::move(name)});
    }
  }
  Minute& minute = found->second;
  if (minute.written < kMostWritten) {
    ++minute.written;
    return true;
  }
  minute.left_out.add({.count = 1, .since = time, .until = time});
  return false;
}

std::vector<DenialLimit::LeftOut> DenialLimit::take_ended(Clock::time_point now) {
  std::vector<LeftOut> ended;
  while (!ends_.empty() && ends_.front().at <= now) {
    auto minute = minutes_.extract(ends_.front().name);
    if (minute.mapped().left_out.count != 0) {
      ended.push_back({.principal = std::move(minute.key()), .denials = minute.mapped().left_out});
    }
    ends_.pop_front();
  }
  return ended;
}

std::optional<Clock::time_point> DenialLimit::next_deadline() const {
  if (ends_.empty()) {
    return std::nullopt;
  }
  return ends_.front().at;
}

}  // namespace shmbus::agent
