// A table of the attachments of other processes: which segment is attached at which address. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "protocol/segment.hpp"

namespace shmbus::agent {

// A traced call does not always name its segment. shmdt(2) names an address only, and fork, exec and exit change
// attachments without naming any. This table supplies the segments. It knows only the attachments that its user
// reports: those read from /proc at first, then those of traced calls. It misses munmap(2) and mremap(2), which are not
// shm calls.
//
// Pids are those of the agent's pid namespace. One thread.
class ProcessAttachments {
 public:
  using Counts = std::map<ShmId, std::uint64_t>;  // the number of attachments of each segment

  // Adds an attachment, in place of the one that was known at that address.
  void attach(std::int32_t pid, std::uint64_t address, ShmId shmid);

  // Returns the segment attached at an address, or nothing if none is known there. detach() also takes it out.
  [[nodiscard]] std::optional<ShmId> at(std::int32_t pid, std::uint64_t address) const;
  std::optional<ShmId> detach(std::int32_t pid, std::uint64_t address);

  // Gives the child all attachments of its parent and returns them. They replace anything known of the child's pid.
  Counts fork(std::int32_t pid, std::int32_t child);

  // Takes out all attachments of a process (it exited or called exec) and returns them.
  Counts leave(std::int32_t pid);

  [[nodiscard]] bool has_any(std::int32_t pid) const { return by_process_.contains(pid); }

  // Returns every process with an attachment, in no order.
  [[nodiscard]] std::vector<std::int32_t> processes() const;

 private:
  using Mappings = std::map<std::uint64_t, ShmId>;  // by address

  static Counts count(const Mappings& mappings);

  std::unordered_map<std::int32_t, Mappings> by_process_;
};

}  // namespace shmbus::agent
