#include "tools/watch/condition.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "protocol/number.hpp"

namespace shmbus {
namespace {

constexpr std::string_view kPrefix = "shm_";
constexpr std::string_view kAnd = "&&";
constexpr const char* kHint =
    "write 'exists', 'gone', or FIELD OP VALUE such as 'nattch>=1 && mode==660', with a field of stat and ==, !=, <, "
    "<=, > or >=";

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\n";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  return begin == std::string_view::npos ? "" : text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
}

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

Error malformed(const std::string& message) { return {ErrorCode::kBadRequest, "--wait: " + message, kHint}; }

std::optional<std::uint64_t> whole_number(std::string_view text) {
  const bool is_hexadecimal = text.starts_with("0x") || text.starts_with("0X");
  return is_hexadecimal ? parse_number<std::uint64_t>(text.substr(2), 16) : parse_number<std::uint64_t>(text);
}

}  // namespace

// All values fit an unsigned integer: keys are unsigned, ids and times are never negative.
struct Condition::Field {
  enum class Form : std::uint8_t { kNumber, kMode, kFlag };

  std::string_view name;
  std::uint64_t (*value)(const SegmentStat& stat);
  Form form = Form::kNumber;
};

const Condition::Field* Condition::field_named(std::string_view name) {
  using Form = Field::Form;
  using Stat = const SegmentStat&;
  using Number = std::uint64_t;
  static constexpr std::array<Field, 16> kFields{{
      {"cgid", [](Stat s) -> Number { return s.cgid; }},
      {"cuid", [](Stat s) -> Number { return s.cuid; }},
      {"gid", [](Stat s) -> Number { return s.gid; }},
      {"mode", [](Stat s) -> Number { return s.mode.bits; }, Form::kMode},
      {"shm_atime", [](Stat s) { return static_cast<Number>(s.shm_atime); }},
      {"shm_cpid", [](Stat s) { return static_cast<Number>(s.shm_cpid); }},
      {"shm_ctime", [](Stat s) { return static_cast<Number>(s.shm_ctime); }},
      {"shm_dtime", [](Stat s) { return static_cast<Number>(s.shm_dtime); }},
      {"shm_key", [](Stat s) -> Number { return s.shm_key; }},
      {"shm_lpid", [](Stat s) { return static_cast<Number>(s.shm_lpid); }},
      {"shm_nattch", [](Stat s) { return s.shm_nattch; }},
      {"shm_segsz", [](Stat s) { return s.shm_segsz; }},
      {"shm_shmid", [](Stat s) { return static_cast<Number>(s.shm_shmid); }},
      {"uid", [](Stat s) -> Number { return s.uid; }},
      {"marked", [](Stat s) -> Number { return s.marked ? 1 : 0; }, Form::kFlag},
      {"locked", [](Stat s) -> Number { return s.locked ? 1 : 0; }, Form::kFlag},
  }};
  const auto* const found = std::find_if(kFields.begin(), kFields.end(), [name](const Field& field) {
    return name == field.name || (field.name.starts_with(kPrefix) && name == field.name.substr(kPrefix.size()));
  });
  return found == kFields.end() ? nullptr : found;
}

Result<Condition> Condition::parse(std::string_view text) {
  Condition condition;
  bool has_others = false;
  for (std::string_view rest = text;;) {
    const std::size_t end = rest.find(kAnd);
    const std::string_view part = trimmed(rest.substr(0, end));
    if (part.empty()) {
      return malformed(trimmed(text).empty() ? "the condition is empty"
                                             : quoted(text) + " has no condition on one side of &&");
    }
    condition.wants_gone_ |= part == "gone";
    has_others |= part != "gone";
    if (part != "gone" && part != "exists") {
      const Result<Term> term = parse_term(part);
      if (!term) {
        return term.error();
      }
      condition.terms_.push_back(*term);
    }
    if (end == std::string_view::npos) {
      break;
    }
    rest.remove_prefix(end + kAnd.size());
  }
  if (condition.wants_gone_ && has_others) {
    return malformed("'gone' cannot be combined: a segment that is gone has no fields");
  }
  return condition;
}

bool Condition::holds(const SegmentStat* segment) const {
  if (segment == nullptr || wants_gone_) {
    return segment == nullptr && wants_gone_;
  }
  return std::all_of(terms_.begin(), terms_.end(),
                     [segment](const Term& term) { return term.comparison(term.field->value(*segment), term.value); });
}

Result<Condition::Term> Condition::parse_term(std::string_view text) {
  static const std::vector<std::pair<std::string_view, Comparison>> kOperators{
      {"==", std::equal_to()},      {"!=", std::not_equal_to()}, {"<=", std::less_equal()},
      {">=", std::greater_equal()}, {"<", std::less()},          {">", std::greater()}};
  const std::size_t place = text.find_first_of("=!<>");
  const std::string_view name = trimmed(text.substr(0, place));
  const Field* const field = field_named(name);
  if (field == nullptr) {
    return malformed(quoted(name) + " is not a field of stat, 'exists' or 'gone'");
  }
  if (place == std::string_view::npos) {
    return malformed(quoted(name) + " has nothing to be compared with");
  }
  const std::string_view rest = text.substr(place);
  const auto found = std::find_if(kOperators.begin(), kOperators.end(),
                                  [rest](const auto& each) { return rest.starts_with(each.first); });
  if (found == kOperators.end()) {
    return malformed(quoted(text) + " has no operator: write == for equal");
  }
  const Result<std::uint64_t> value = parse_value(*field, trimmed(rest.substr(found->first.size())));
  if (!value) {
    return value.error();
  }
  return Term{field, found->second, *value};
}

Result<std::uint64_t> Condition::parse_value(const Field& field, std::string_view text) {
  using Form = Field::Form;
  const std::string about = quoted(text) + " is not a value of " + std::string(field.name) + ": ";
  if (field.form == Form::kMode) {
    const Result<Mode> mode = mode_from_text(text);
    return mode ? Result<std::uint64_t>(mode->bits) : malformed(about + "write three octal digits, such as 660");
  }
  if (field.form == Form::kFlag) {
    const bool is_yes = text == "1" || text == "yes";
    return is_yes || text == "0" || text == "no" ? Result<std::uint64_t>(is_yes ? 1 : 0)
                                                 : malformed(about + "write 1, 0, yes or no");
  }
  const std::optional<std::uint64_t> number = whole_number(text);
  return number ? Result<std::uint64_t>(*number) : malformed(about + "write a whole number, 0 or more");
}

}  // namespace shmbus
