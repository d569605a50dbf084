// Defines the command line of shmbus-watch and parses it.
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

// One run of shmbus-watch. The filters shm_key, shm_shmid and kinds apply together; one that is absent passes every
// event.
struct WatchOptions {
  std::optional<Key> shm_key;
  std::optional<ShmId> shm_shmid;
  std::set<EventKind> kinds;                         // empty: all kinds
  std::optional<std::uint64_t> count;                // events to deliver, at least 1
  std::optional<std::chrono::milliseconds> timeout;  // of the run, once connected
  std::optional<Condition> wait;                     // only with shm_key, shm_shmid or both
  std::optional<std::string> exec;                   // shell command
  std::optional<std::string> since_file;             // path
  std::chrono::milliseconds connect_timeout{3000};   // also of each request during the run
  std::string commands;                              // ZeroMQ addresses; "": see find_endpoint()
  std::string events;
  Access access;
  bool json = false;
  bool verbose = false;
};

// Parses the command line and resolves the access options, see resolve_access(). Returns the options, or the exit
// status if there is nothing to run: 0 after --help and --version, otherwise that of the error. The help text or the
// error is printed by then.
[[nodiscard]] std::variant<WatchOptions, int> parse_watch_options(int argc, const char* const* argv);

// Returns whether `event` passes the filters.
[[nodiscard]] bool wants(const WatchOptions& options, const Event& event);

}  // namespace shmbus
