// Which process has which segment attached where, as far as its calls were seen: shmdt names an address only, and a
// process that forks, execs or exits names nothing at all. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "protocol/segment.hpp"

namespace shmbus::agent {

class ProcessAttachments {
 public:
  using Counts = std::map<ShmId, std::uint64_t>;  // how often each segment is attached

  void attach(std::int32_t pid, std::uint64_t address, ShmId shmid);

  // What is attached there, if it is known; detach() takes it away.
  [[nodiscard]] std::optional<ShmId> at(std::int32_t pid, std::uint64_t address) const;
  std::optional<ShmId> detach(std::int32_t pid, std::uint64_t address);

  // The child has what its parent has, and that is returned.
  Counts fork(std::int32_t pid, std::int32_t child);

  // The process has nothing any more; what it had is returned.
  Counts leave(std::int32_t pid);

  [[nodiscard]] bool has_any(std::int32_t pid) const { return by_process_.contains(pid); }

  // Every process that has something.
  [[nodiscard]] std::vector<std::int32_t> processes() const;

 private:
  using Mappings = std::map<std::uint64_t, ShmId>;  // by address

  static Counts count(const Mappings& mappings);

  std::unordered_map<std::int32_t, Mappings> by_process_;
};

}  // namespace shmbus::agent
