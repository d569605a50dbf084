// Reads TOML tables strictly: every key has to be known, and each error names the line and column of its cause.
//
// A table is described by an array of Field, one for each key that it may have. The readers store values in a struct of
// the caller's choice, `Into`. Reading ends at the first error, which leaves that struct partly filled; a key that is
// absent leaves its member as it was, so the caller checks required keys afterwards. All errors are kBadRequest.
#pragma once

#include <toml++/toml.h>

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/result.hpp"
#include "protocol/text.hpp"

namespace shmbus::agent {

// Returns `error` with "LINE:COLUMN: " before its message. The function that reads the whole file adds the file's name.
inline Error at(const toml::source_region& place, const Error& error) {
  return {.code = ErrorCode::kBadRequest,
          .message = std::to_string(place.begin.line) + ':' + std::to_string(place.begin.column) + ": " + error.message,
          .hint = error.hint};
}

// The same for an error that is made here, from a message and an optional hint.
inline Error at(const toml::source_region& place, std::string message, std::string hint = {}) {
  return at(place, Error{.message = std::move(message), .hint = std::move(hint)});
}

// One key of a table, and the function that reads its value into a member of `into`. Its errors name a place.
template <class Into>
struct Field {
  std::string_view name;
  Result<void> (*read)(const toml::node& node, Into& into);
};

// Reads all keys of `table`. Errors: for a key that is not among `fields`, with the known ones as a hint; those of the
// fields' readers.
template <class Into>
Result<void> read_table(const toml::table& table, std::span<const Field<Into>> fields, Into& into) {
  for (const auto& [key, node] : table) {
    const std::string_view name = key.str();
    const auto field =
        std::find_if(fields.begin(), fields.end(), [name](const Field<Into>& known) { return known.name == name; });
    if (field == fields.end()) {
      std::string known;
      for (const Field<Into>& one : fields) {
        known.append(known.empty() ? "known keys: " : ", ").append(one.name);
      }
      return at(key.source(), "unknown key \"" + escape_for_terminal(name) + '"', known);
    }
    if (Result<void> read = field->read(node, into); !read) {
      return read;
    }
  }
  return {};
}

// Reads an array of tables, [[name]]: appends a value to `into` for each table and has `read_one` fill it in. Errors:
// for a value of another type; those of `read_one`.
template <class T>
Result<void> read_tables(const toml::node& node, std::vector<T>& into,
                         Result<void> (*read_one)(const toml::table& table, T& value)) {
  if (!node.is_array_of_tables()) {
    return at(node.source(), "expected tables", "each begins with [[rule]] or [[quota]], in double brackets");
  }
  for (const toml::node& element : *node.as_array()) {
    if (Result<void> read = read_one(*element.as_table(), into.emplace_back()); !read) {
      return read;
    }
  }
  return {};
}

// Reads a list and appends the values of its elements to `into`. Errors: for another type or an empty list; those of
// `read_one`, which need no place because that of the element is added here.
template <class T>
Result<void> read_list(const toml::node& node, std::vector<T>& into, Result<T> (*read_one)(const toml::node& element)) {
  const toml::array* const list = node.as_array();
  if (list == nullptr || list->empty()) {
    return at(node.source(), list == nullptr ? "expected a list" : "the list is empty", "write [\"…\", \"…\"]");
  }
  for (const toml::node& element : *list) {
    Result<T> one = read_one(element);
    if (!one) {
      return at(element.source(), one.error());
    }
    into.push_back(*std::move(one));
  }
  return {};
}

}  // namespace shmbus::agent
