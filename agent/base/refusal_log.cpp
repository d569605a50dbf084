#include "agent/base/refusal_log.hpp"

#include <spdlog/spdlog.h>

#include "protocol/text.hpp"

namespace shmbus::agent {
namespace {

constexpr std::size_t kMostBytes = 128;  // of what a peer may have written

std::string printable(std::string_view text) { return escape_for_terminal(text.substr(0, kMostBytes)); }

}  // namespace

void RefusalLog::add(std::string_view peer, std::string_view reason, Clock::time_point now) {
  ++count_;
  forget_before(now - kInterval);
  std::string name = printable(peer);
  if (lines_.size() >= kMostPeers || !peers_.insert(name).second) {
    ++not_logged_;
    return;
  }
  const std::string others =
      not_logged_ == 0 ? "" : " (" + std::to_string(not_logged_) + " not logged since the last line)";
  spdlog::warn("refused {}: {}{}", name, printable(reason), others);
  not_logged_ = 0;
  lines_.push_back({now, std::move(name)});
}

void RefusalLog::forget_before(Clock::time_point time) {
  while (!lines_.empty() && lines_.front().at <= time) {
    peers_.erase(lines_.front().peer);
    lines_.pop_front();
  }
}

}  // namespace shmbus::agent
