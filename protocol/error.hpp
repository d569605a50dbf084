// The errors of the wire: stable codes, the exit status that each one means to a shell, and the value that carries one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace shmbus {

// The codes of PROTOCOL.md, "Errors". A client reads a code that it does not know as kInternal.
enum class ErrorCode : std::uint8_t {
  // The request is not of the documented form; the message names the field.
  kBadRequest,
  // There is no operation of this name.
  kUnknownOp,
  // There is no such key, shmid or attachment, or it is already removed.
  kNotFound,
  // The kernel or the agent's policy denies the operation, or the connection.
  kPermissionDenied,
  // An exclusive create, and the key exists.
  kExists,
  // The key and the shmid of a request do not belong together.
  kKeyMismatch,
  // The key has a segment that is smaller than the requested size.
  kSizeMismatch,
  // An `if_...` field does not hold.
  kPreconditionFailed,
  // Offset or length lie outside the segment.
  kOutOfRange,
  // More data than one message may hold.
  kTooLarge,
  // The bytes are not UTF-8, and the request is for text.
  kNotText,
  // A limit of the kernel or of the agent; the message says which one and how to raise it.
  kLimitReached,
  // The kernel or the agent has no memory for the operation or its reply.
  kNoMemory,
  // Too much at once: the same request may succeed later.
  kBusy,
  // The requested events are no longer kept: take a new list.
  kCompacted,
  // The agent is not in the epoch of the request, so it was restarted: take a new list.
  kEpochChanged,
  // Not possible on this host.
  kUnsupported,
  // A fault of the agent, or a message that no agent of this protocol would send.
  kInternal,

  // The rest never crosses the wire: a client reports these codes itself.

  // No reply came in time. The request may have been carried out.
  kNoAnswer,
  // An event or a condition that the client waited for did not come in time.
  kTimedOut,
  // The wait was interrupted, by a signal for example.
  kInterrupted,
};

// One failure, as a value. Programs decide by `code`; the text is UTF-8 and for people.
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  // One sentence with the numbers that explain the failure.
  std::string message;
  // Advice on how to go on; empty where there is none.
  std::string hint = {};
  // The errno of the system call that failed; 0 where no call failed.
  int errno_value = 0;
};

// Return the name of a code on the wire, "not_found" for kNotFound, and the code with a name, or nothing for an unknown
// name.
[[nodiscard]] std::string_view name_of(ErrorCode code);
[[nodiscard]] std::optional<ErrorCode> error_code_named(std::string_view name);

// Returns the exit status of a tool that fails with `code`.
[[nodiscard]] int exit_status_of(ErrorCode code);

// Returns the symbol of an errno, "EACCES" for EACCES. 0 gives "", and a value without a symbol its digits.
[[nodiscard]] std::string errno_name(int errno_value);

// Returns the error of a system call that failed, with the message "WHAT: the reason". Without `code` the code follows
// from the errno: kNotFound, kPermissionDenied, kExists, kLimitReached or kNoMemory, else kInternal. `what` is UTF-8.
[[nodiscard]] Error errno_error(int errno_value, std::string_view what, std::optional<ErrorCode> code = {});

// Returns the error of a call on a file: "cannot ACTION PATH: the reason". `path` may hold any bytes; they are escaped.
[[nodiscard]] Error file_error(int errno_value, std::string_view action, std::string_view path,
                               std::optional<ErrorCode> code = {});

}  // namespace shmbus
