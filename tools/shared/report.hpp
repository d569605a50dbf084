// How the tools speak: data on stdout, messages on stderr, both checked or escaped, and SIGINT as a descriptor.
#pragma once

#include <csignal>
#include <string>
#include <string_view>

#include "protocol/result.hpp"
#include "protocol/unique_fd.hpp"

namespace shmbus {

enum class OutputForm : bool { kText, kJson };

// All of `data` to stdout at once. Errors: kInternal with the reason.
[[nodiscard]] Result<void> write_stdout(std::string_view data);

// The file, or stdin for "-", up to `most_bytes`. Errors: kBadRequest with its name and the reason.
[[nodiscard]] Result<std::string> read_file(const std::string& path, std::size_t most_bytes);

// `program: message` and the hint, or the error as a JSON document, to stderr. Returns the exit status.
int report(std::string_view program, const Error& error, OutputForm form);

// While it lives, SIGINT makes fd() readable instead of ending the process.
class InterruptSignal {
 public:
  InterruptSignal();
  ~InterruptSignal();
  InterruptSignal(const InterruptSignal&) = delete;
  InterruptSignal& operator=(const InterruptSignal&) = delete;

  [[nodiscard]] int fd() const { return file_.get(); }
  [[nodiscard]] bool has_come() const;

 private:
  sigset_t before_{};
  UniqueFd file_;
};

}  // namespace shmbus
