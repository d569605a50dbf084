// A list of the kernel's tracepoints, read through a private mount of tracefs that no other process sees. Sources:
// Documentation/trace/events.rst, fsopen(2), fsmount(2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/result.hpp"
#include "protocol/unique_fd.hpp"

namespace shmbus::agent {

// A tracepoint: the id that perf_event_open(2) takes, and the text that describes the layout of its records.
struct Tracepoint {
  std::uint64_t id = 0;
  std::string format;

  // Returns the offset of a field in a raw record, in bytes, or kAbsent if this kernel's tracepoint has no such field.
  [[nodiscard]] std::size_t offset_of(const std::string& field) const;

  static constexpr std::size_t kAbsent = static_cast<std::size_t>(-1);
};

// Returns the kUnsupported error for a tracing call that failed. Its hint names the rights that tracing takes.
[[nodiscard]] Error no_trace(int errno_value, std::string_view what);

// Owns the mount, which is attached to no directory and ends with this object. Move-only.
class Tracefs {
 public:
  // Mounts tracefs. Errors: kUnsupported, usually because the agent lacks the rights of root.
  [[nodiscard]] static Result<Tracefs> open();

  // Reads the id and the format of a tracepoint. `name` is its directory below events/, such as
  // "syscalls/sys_enter_shmat". Errors: kUnsupported.
  [[nodiscard]] Result<Tracepoint> find(const std::string& name) const;

 private:
  explicit Tracefs(UniqueFd root) : root_(std::move(root)) {}

  UniqueFd root_;  // the root directory of the mount
};

}  // namespace shmbus::agent
