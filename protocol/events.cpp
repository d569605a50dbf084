#include "protocol/events.hpp"

#include <algorithm>
#include <array>

namespace shmbus {
namespace {

constexpr std::array<std::string_view, 8> kEventNames{"created",  "removed", "marked",  "attached",
                                                      "detached", "set",     "written", "missed"};

}  // namespace

std::string_view name_of(EventKind kind) { return kEventNames.at(static_cast<std::size_t>(kind)); }

std::optional<EventKind> event_kind_named(std::string_view name) {
  const auto* const found = std::find(kEventNames.begin(), kEventNames.end(), name);
  if (found == kEventNames.end()) {
    return std::nullopt;
  }
  return static_cast<EventKind>(found - kEventNames.begin());
}

std::string_view name_of(EventSource source) { return source == EventSource::kBus ? "bus" : "kernel"; }

std::string topic_of(const Event& event) {
  std::string topic;
  write_topic(event, topic);
  return topic;
}

void write_topic(const Event& event, std::string& topic) {
  topic.assign(topics_of_key(event.shm_key));
  topic.append(std::to_string(event.shm_shmid)).append("/").append(name_of(event.kind));
}

std::string topics_of_key(Key key) { return std::string(kSegmentTopics) + std::to_string(key) + "/"; }

bool is_sync_topic(std::string_view topic) {
  if (!topic.starts_with(kSyncTopics)) {
    return false;
  }
  const std::string_view nonce = topic.substr(kSyncTopics.size());
  return nonce.size() == kSyncNonceDigits &&
         nonce.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

}  // namespace shmbus
