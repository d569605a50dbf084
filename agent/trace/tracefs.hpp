// The kernel's list of tracepoints, through a private mount of tracefs that no other process sees.
// Sources: Documentation/trace/events.rst, fsopen(2), fsmount(2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/result.hpp"
#include "protocol/unique_fd.hpp"

namespace shmbus::agent {

// One tracepoint: the number that perf_event_open takes, and the text that says where its fields lie.
struct Tracepoint {
  std::uint64_t id = 0;
  std::string format;

  // The offset of a field in a raw record in bytes; `absent` if this kernel's tracepoint has no such field.
  [[nodiscard]] std::size_t offset_of(const std::string& field) const;

  static constexpr std::size_t kAbsent = static_cast<std::size_t>(-1);
};

// A call for tracing that failed: kUnsupported, with the rights that tracing takes as the hint.
[[nodiscard]] Error no_trace(int errno_value, std::string_view what);

class Tracefs {
 public:
  // Errors: kUnsupported with what is missing; usually the rights of root.
  [[nodiscard]] static Result<Tracefs> open();

  // `name` is "syscalls/sys_enter_shmat" or the like. Errors: kUnsupported.
  [[nodiscard]] Result<Tracepoint> find(const std::string& name) const;

 private:
  explicit Tracefs(UniqueFd root) : root_(std::move(root)) {}

  UniqueFd root_;  // a directory
};

}  // namespace shmbus::agent
