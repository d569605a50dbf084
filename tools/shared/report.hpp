// How the tools speak: data on stdout, messages on stderr, both checked or escaped, and SIGINT as a descriptor.
#pragma once

#include <csignal>
#include <string_view>

#include "protocol/result.hpp"
#include "protocol/unique_fd.hpp"

namespace shmbus {

enum class OutputForm : bool { kText, kJson };

inline OutputForm form_of(bool json) { return json ? OutputForm::kJson : OutputForm::kText; }

// All of `data` to stdout at once. Errors: kInternal with the reason.
[[nodiscard]] Result<void> write_stdout(std::string_view data);

// `program: message` and the hint, or the error as a JSON document, to stderr. Returns the exit status.
int report(std::string_view program, const Error& error, OutputForm form);

// While it lives, SIGINT makes fd() readable instead of ending the process.
class InterruptSignal {
 public:
  InterruptSignal();
  ~InterruptSignal();

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] bool has_come() const;

 private:
  sigset_t before_{};
  UniqueFd fd_;
};

}  // namespace shmbus
