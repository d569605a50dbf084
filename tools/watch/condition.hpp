// What --wait waits for: 'nattch>=1 && mode==660', 'exists', 'gone'.
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

// A condition on one segment: `exists`, `gone`, and comparisons FIELD OP VALUE, several joined by &&. FIELD is one of
// stat, with or without shm_ before it; OP is ==, !=, <, <=, > or >=; VALUE is a whole number (0x… is hexadecimal), of
// mode three octal digits, of marked and locked also yes or no. `gone` stands alone: a segment that is gone has no
// fields.
class Condition {
 public:
  // Errors: kBadRequest, naming the part that is wrong and what could stand there.
  [[nodiscard]] static Result<Condition> parse(std::string_view text);

  // Whether it holds on `segment`; null: there is none.
  [[nodiscard]] bool holds(const SegmentStat* segment) const;

 private:
  using Comparison = std::function<bool(std::uint64_t, std::uint64_t)>;
  struct Field;
  struct Term {
    const Field* field;
    Comparison comparison;
    std::uint64_t value;
  };

  static const Field* field_named(std::string_view name);
  static Result<Term> parse_term(std::string_view text);
  static Result<std::uint64_t> parse_value(const Field& field, std::string_view text);

  bool wants_gone_ = false;
  std::vector<Term> terms_;  // all must hold
};

}  // namespace shmbus
