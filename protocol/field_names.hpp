// The names that fields of requests have. Each has a number, by which a field is found and known without its name.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include "protocol/text.hpp"

namespace shmbus {

// A name's number is its index here. In the order of their sizes.
inline constexpr std::array<std::string_view, 25> kFieldNames{
    "id",        "op",        "gid",        "uid",          "data",     "mode",      "once",
    "text",      "after",     "epoch",      "limit",        "since",    "length",    "offset",
    "if_cpid",   "shm_key",   "if_ctime",   "lease_ms",     "requests", "exclusive", "read_only",
    "shm_segsz", "shm_shmid", "attachment", "stop_on_error"};
inline constexpr std::size_t kNoField = kFieldNames.size();

namespace detail {

inline constexpr std::size_t kLongestName = kFieldNames.back().size();

// The number of the first name of each size, or of the first that is longer.
inline constexpr auto kFirstOfSize = [] {
  std::array<std::size_t, kLongestName + 2> first{};
  for (std::size_t size = 0; size < first.size(); ++size) {
    first[size] = static_cast<std::size_t>(
        std::count_if(kFieldNames.begin(), kFieldNames.end(), [size](auto name) { return name.size() < size; }));
  }
  return first;
}();
static_assert(std::is_sorted(kFieldNames.begin(), kFieldNames.end(),
                             [](auto a, auto b) { return a.size() < b.size(); }));

}  // namespace detail

// The number of `name`, kNoField if no field has it.
[[nodiscard]] constexpr std::size_t field_number(std::string_view name) {
  if (name.size() > detail::kLongestName) {
    return kNoField;
  }
  for (std::size_t number = detail::kFirstOfSize[name.size()]; number < detail::kFirstOfSize[name.size() + 1];
       ++number) {
    if (is_same_name(kFieldNames[number], name)) {
      return number;
    }
  }
  return kNoField;
}

// A name that stands in the code; one that no field has doesn't compile.
struct FieldName {
  // NOLINTNEXTLINE(google-explicit-constructor): stands for the literal
  consteval FieldName(const char* name) : number(field_number(name)) {
    if (number == kNoField) {
      throw "no field has this name";
    }
  }

  std::size_t number;
};

}  // namespace shmbus
