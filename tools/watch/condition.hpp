// A condition on a segment's state, as --wait takes it: 'nattch>=1 && mode==660', 'exists', 'gone'.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocol/result.hpp"
#include "protocol/segment.hpp"

namespace shmbus {

// A condition is one or more terms joined by &&, all of which must hold:
// - exists: there is a segment. Every comparison implies it.
// - gone: there is none. It cannot be combined, since a segment that is gone has no fields.
// - FIELD OP VALUE: FIELD is a field of stat, with or without its prefix shm_; OP is ==, !=, <, <=, > or >=. VALUE is a
//   whole number from 0, hexadecimal with 0x; for mode three octal digits; for marked and locked yes, no, 1 or 0.
//   Sizes are in bytes, times in seconds since 1970.
// An immutable value once parsed; safe to copy and to read from any thread.
class Condition {
 public:
  // Parses `text`. Errors: kBadRequest, naming the wrong part, with the grammar as the hint.
  [[nodiscard]] static Result<Condition> parse(std::string_view text);

  // Returns whether the condition holds for `segment`; null stands for no segment.
  [[nodiscard]] bool holds(const SegmentStat* segment) const;

 private:
  using Comparison = std::function<bool(std::uint64_t, std::uint64_t)>;
  struct Field;
  // One FIELD OP VALUE.
  struct Term {
    const Field* field;  // an entry of a static table
    Comparison comparison;
    std::uint64_t value;
  };

  // Returns null if stat has no such field.
  static const Field* field_named(std::string_view name);
  static Result<Term> parse_term(std::string_view text);
  static Result<std::uint64_t> parse_value(const Field& field, std::string_view text);

  bool wants_gone_ = false;
  std::vector<Term> terms_;  // all must hold
};

}  // namespace shmbus
