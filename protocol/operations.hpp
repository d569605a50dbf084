// The table of operations. The decoder's checks, --help of the sender and the summary in PROTOCOL.md are all made
// from it, so an operation or a field that is added here shows everywhere.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "protocol/commands.hpp"

namespace shmbus {

enum class FieldType : std::uint8_t {
  kKey,       // integer or numeric string, 1 … 2^32-1, two's complement if negative; 0 is IPC_PRIVATE
  kNewKey,    // the same without 0, or "private"
  kShmId,     // integer or numeric string
  kMode,      // digits as octal digits, integer or string
  kInteger,   // from min to max
  kEpoch,     // any integer: one that is no epoch is simply another one
  kFlag,      // bool
  kText,      // UTF-8 of min to max bytes
  kBytes,     // bin, or str
  kIdentity,  // integer, or UTF-8 of at most max bytes
  kRequests,  // array of requests
};

// One field of a request. `default_value` is as people would write it, "" where there is none. `option` is the
// sender's option for it, `option_help` its line there, `help` if that is empty; `min` and `max` bound an integer or a
// length.
struct FieldSpec {
  std::string_view name;
  FieldType type;
  bool required;
  std::string_view default_value;
  std::uint64_t min;
  std::uint64_t max;
  std::string_view option;
  std::string_view help;
  std::string_view option_help = {};
};

// One operation; `changes` says that it may change something, so that it can carry `once`. `example` is what follows
// shmbus-send on a command line that shows it. `fields` are the common ones, then its own.
struct OperationSpec {
  std::string_view name;
  bool changes;
  std::string_view help;
  std::string_view example;
  std::span<const FieldSpec> fields;

  [[nodiscard]] std::span<const FieldSpec> own_fields() const;

  // The field of this name; null if the operation has none.
  [[nodiscard]] const FieldSpec* field(std::string_view field_name) const;
};

// All operations, in the order of the variants in commands.hpp.
[[nodiscard]] std::span<const OperationSpec> operations();

// The fields that every request may have beside its own: op, id, epoch, once.
[[nodiscard]] std::span<const FieldSpec> common_fields();

[[nodiscard]] const OperationSpec* operation_named(std::string_view name);
[[nodiscard]] const OperationSpec& spec_of(const Operation& operation);

// "integer 1 … 86400000" and the like, for help and messages.
[[nodiscard]] std::string describe_type(const FieldSpec& field);

}  // namespace shmbus
