// The errors of the wire: stable codes, what they mean to a shell, and the value that carries one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace shmbus {

// The codes of PROTOCOL.md, "Errors". The last group never crosses the wire: it is what a client finds out alone.
enum class ErrorCode : std::uint8_t {
  kBadRequest,
  kUnknownOp,
  kNotFound,
  kPermissionDenied,
  kExists,
  kKeyMismatch,
  kSizeMismatch,
  kPreconditionFailed,
  kOutOfRange,
  kTooLarge,
  kNotText,
  kLimitReached,
  kNoMemory,
  kBusy,
  kCompacted,
  kEpochChanged,
  kUnsupported,
  kInternal,
  // found by a client
  kNoAnswer,
  kTimedOut,
  kInterrupted,
};

// One failure. `errno_value` is the kernel's number, 0 if there is none; `message` is one sentence with the numbers
// that explain it; `hint` is empty where there is none. All text is UTF-8.
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;
  std::string hint = {};
  int errno_value = 0;
};

// "not_found" for kNotFound, and back.
[[nodiscard]] std::string_view name_of(ErrorCode code);
[[nodiscard]] std::optional<ErrorCode> error_code_named(std::string_view name);

// The exit status that the tools report for `code`.
[[nodiscard]] int exit_status_of(ErrorCode code);

// "EACCES" for EACCES, "" for 0.
[[nodiscard]] std::string errno_name(int errno_value);

// A system call that failed: "WHAT: the reason". The code is `code`, or without it as the errno says: kNotFound,
// kPermissionDenied, kExists, kLimitReached, kNoMemory, else kInternal. `what` is UTF-8.
[[nodiscard]] Error errno_error(int errno_value, std::string_view what, std::optional<ErrorCode> code = {});

// The same of a call on a file: "cannot ACTION PATH: the reason". `path` may hold any bytes.
[[nodiscard]] Error file_error(int errno_value, std::string_view action, std::string_view path,
                               std::optional<ErrorCode> code = {});

}  // namespace shmbus
