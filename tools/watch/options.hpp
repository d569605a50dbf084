// The command line of shmbus-watch.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <variant>

#include "protocol/events.hpp"
#include "tools/shared/access_options.hpp"
#include "tools/watch/condition.hpp"

namespace shmbus {

struct WatchOptions {
  std::optional<Key> shm_key;
  std::optional<ShmId> shm_shmid;
  std::set<EventKind> kinds;  // none: all
  std::optional<std::uint64_t> count;
  std::optional<std::chrono::milliseconds> timeout;
  std::optional<Condition> wait;  // with shm_key, shm_shmid or both
  std::optional<std::string> exec;
  std::optional<std::string> since_file;
  std::chrono::milliseconds connect_timeout{3000};
  std::string commands;  // endpoints, "" to look for them
  std::string events;
  Access access;
  bool json = false;
  bool verbose = false;
};

// What to do, or the exit status if the command line was wrong or asked for help, which is then already printed.
[[nodiscard]] std::variant<WatchOptions, int> parse_watch_options(int argc, const char* const* argv);

// True if the filters let `event` through.
[[nodiscard]] bool wants(const WatchOptions& options, const Event& event);

}  // namespace shmbus
