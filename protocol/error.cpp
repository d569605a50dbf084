#include "protocol/error.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "protocol/text.hpp"

namespace shmbus {
namespace {

struct CodeRow {
  ErrorCode code;
  std::string_view name;
  int exit_status;
};

constexpr std::array kCodes{
    CodeRow{ErrorCode::kBadRequest, "bad_request", 2},
    CodeRow{ErrorCode::kUnknownOp, "unknown_op", 2},
    CodeRow{ErrorCode::kNotFound, "not_found", 3},
    CodeRow{ErrorCode::kPermissionDenied, "permission_denied", 4},
    CodeRow{ErrorCode::kExists, "exists", 5},
    CodeRow{ErrorCode::kKeyMismatch, "key_mismatch", 5},
    CodeRow{ErrorCode::kSizeMismatch, "size_mismatch", 5},
    CodeRow{ErrorCode::kPreconditionFailed, "precondition_failed", 5},
    CodeRow{ErrorCode::kOutOfRange, "out_of_range", 5},
    CodeRow{ErrorCode::kTooLarge, "too_large", 5},
    CodeRow{ErrorCode::kNotText, "not_text", 5},
    CodeRow{ErrorCode::kLimitReached, "limit_reached", 6},
    CodeRow{ErrorCode::kNoMemory, "no_memory", 6},
    CodeRow{ErrorCode::kBusy, "busy", 6},
    CodeRow{ErrorCode::kCompacted, "compacted", 5},
    CodeRow{ErrorCode::kEpochChanged, "epoch_changed", 5},
    CodeRow{ErrorCode::kUnsupported, "unsupported", 1},
    CodeRow{ErrorCode::kInternal, "internal", 1},
    CodeRow{ErrorCode::kNoAnswer, "no_answer", 7},
    CodeRow{ErrorCode::kTimedOut, "timed_out", 8},
    CodeRow{ErrorCode::kInterrupted, "interrupted", 130},
};

const CodeRow& row_of(ErrorCode code) { return kCodes.at(static_cast<std::size_t>(code)); }

static_assert(std::ranges::is_sorted(kCodes, std::ranges::less_equal(), &CodeRow::code) &&
                  kCodes.size() == static_cast<std::size_t>(kCodes.back().code) + 1,
              "each code has its row");

ErrorCode code_of(int errno_value) {
  switch (errno_value) {
    case EACCES:
    case EPERM:
    case EROFS:
    case ELOOP:
      return ErrorCode::kPermissionDenied;
    case ENOENT:
    case ENOTDIR:
      return ErrorCode::kNotFound;
    case EEXIST:
      return ErrorCode::kExists;
    case EMFILE:
    case ENFILE:
    case ENOSPC:
    case EDQUOT:
      return ErrorCode::kLimitReached;
    case ENOMEM:
      return ErrorCode::kNoMemory;
    default:
      return ErrorCode::kInternal;
  }
}

}  // namespace

std::string_view name_of(ErrorCode code) { return row_of(code).name; }

std::optional<ErrorCode> error_code_named(std::string_view name) {
  for (const CodeRow& row : kCodes) {
    if (row.name == name) {
      return row.code;
    }
  }
  return std::nullopt;
}

int exit_status_of(ErrorCode code) { return row_of(code).exit_status; }

std::string errno_name(int errno_value) {
  if (errno_value == 0) {
    return "";
  }
  const char* name = strerrorname_np(errno_value);
  return name != nullptr ? name : std::to_string(errno_value);
}

Error errno_error(int errno_value, std::string_view what, std::optional<ErrorCode> code) {
  return {code.value_or(code_of(errno_value)),
          std::string(what) + ": " + std::generic_category().message(errno_value),
          {},
          errno_value};
}

Error file_error(int errno_value, std::string_view action, std::string_view path, std::optional<ErrorCode> code) {
  return errno_error(errno_value, "cannot " + std::string(action) + " " + escape_foreign(path), code);
}

}  // namespace shmbus
