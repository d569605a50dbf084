// The table of operations and their fields. The decoder's checks and the sender's options and --help are made from it,
// and the summary in PROTOCOL.md is tested against it, so an operation or a field that is added here appears
// everywhere. The table is constant: its functions are safe from any thread, and their results live as long as the
// process.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "protocol/commands.hpp"

namespace shmbus {

// The type of a value. values.hpp says in which msgpack formats each type may come.
enum class FieldType : std::uint8_t {
  kKey,       // integer or numeric string, 1 … 2^32-1, two's complement if negative; 0 is IPC_PRIVATE
  kNewKey,    // the same without 0, or "private"
  kShmId,     // integer or numeric string
  kMode,      // digits as octal digits, integer or string
  kInteger,   // from min to max
  kEpoch,     // any integer; a value that is no epoch matches no agent
  kFlag,      // bool
  kText,      // UTF-8 of min to max bytes
  kBytes,     // bin, or str
  kIdentity,  // integer, or UTF-8 of at most max bytes
  kRequests,  // array of requests
};

// One field of a request.
struct FieldSpec {
  std::string_view name;
  FieldType type;
  // A request without a required field is kBadRequest.
  bool required;
  // The default as people would write it, "600" for a mode; "" where there is none.
  std::string_view default_value;
  // The range of an integer, or of a length in bytes or entries, with both ends. Keys, modes and flags ignore it.
  std::uint64_t min;
  std::uint64_t max;
  // The sender's option for the field; "" if it has none.
  std::string_view option;
  // The name of the option's value in --help: "KEY"; "" for a flag.
  std::string_view placeholder;
  // One phrase about the field. `option_help`, if it is not empty, replaces it in the sender's --help, where the option
  // takes other values than the field.
  std::string_view help;
  std::string_view option_help = {};
};

// One operation.
struct OperationSpec {
  std::string_view name;
  // The operation may change something, so that its requests can carry `once`.
  bool changes;
  // One sentence for --help and PROTOCOL.md.
  std::string_view help;
  // A command line that shows the operation, without the leading shmbus-send.
  std::string_view example;
  // The common fields, then its own.
  std::span<const FieldSpec> fields;

  [[nodiscard]] std::span<const FieldSpec> own_fields() const;

  // Returns the field of this name, or null if the operation has none.
  [[nodiscard]] const FieldSpec* field(std::string_view field_name) const;
};

// Returns all operations, in the order of the variants in commands.hpp: the index() of an Operation is its row.
[[nodiscard]] std::span<const OperationSpec> operations();

// Returns the fields that every request may have besides the operation's own: op, id, epoch, once.
[[nodiscard]] std::span<const FieldSpec> common_fields();

// Returns the row of an operation; by name, null if there is none.
[[nodiscard]] const OperationSpec* operation_named(std::string_view name);
[[nodiscard]] const OperationSpec& spec_of(const Operation& operation);

// Returns the type and range of a field for help and messages: "integer 1 to 86400000".
[[nodiscard]] std::string describe_type(const FieldSpec& field);

}  // namespace shmbus
