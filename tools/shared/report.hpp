// Output and interruption, the same in every tool: data goes to stdout and is checked for write errors, messages go to
// stderr and are escaped for a terminal, and SIGINT arrives as a readable descriptor.
#pragma once

#include <csignal>
#include <string_view>

#include "protocol/result.hpp"
#include "protocol/unique_fd.hpp"

namespace shmbus {

// The form of all output: lines for people, or one JSON document per line (--json).
enum class OutputForm : bool { kText, kJson };

inline OutputForm form_of(bool json) { return json ? OutputForm::kJson : OutputForm::kText; }

// Writes all of `data` to stdout and flushes it. Errors: kInternal with the reason, a full disk for example.
[[nodiscard]] Result<void> write_stdout(std::string_view data);

// Prints `error` on stderr: as "PROGRAM: MESSAGE" with the hint indented on a second line, or as the JSON document of
// json_of(). Returns the exit status that belongs to its code, see exit_status_of().
int report(std::string_view program, const Error& error, OutputForm form);

// While an object of this class exists, SIGINT makes fd() readable instead of ending the process, so that every wait
// can include it in its poll(2) and return kInterrupted. SIGINT is blocked in the calling thread and in all threads
// that it starts from then on: construct the object before there are others. The destructor discards a SIGINT that has
// arrived and restores the signal mask. Neither copyable nor movable. Sources: signalfd(2), sigprocmask(2).
class InterruptSignal {
 public:
  InterruptSignal();  // throws std::system_error
  ~InterruptSignal();

  // Readable from the first SIGINT until the destructor. For poll(2) only: a read would take the signal. Owned by this
  // object.
  [[nodiscard]] int fd() const { return fd_.get(); }

  // Returns whether a SIGINT has arrived, without waiting.
  [[nodiscard]] bool has_come() const;

 private:
  sigset_t before_{};  // the mask to restore
  UniqueFd fd_;
};

}  // namespace shmbus
