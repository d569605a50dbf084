#include "agent/transport/authorized_keys.hpp"

#include <array>
#include <filesystem>
#include <system_error>
#include <zmq.hpp>

#include "agent/system/trusted_file.hpp"
#include "protocol/text.hpp"

namespace shmbus::agent {
namespace {

std::optional<std::string> found_in(const auto& names, std::string_view key) {
  const auto found = key.size() == kCurveKeyBytes ? names.find(curve_key_of(key)) : names.find(key);
  return found == names.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace

Result<AuthorizedKeys> AuthorizedKeys::load(const std::string& directory) {
  if (Result<void> checked = check_private_directory(directory); !checked) {
    return std::move(checked).error();
  }
  std::set<std::filesystem::path> paths;  // sorted, so that the same fault is reported each time
  std::error_code error;
  for (std::filesystem::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().native().ends_with(kPublicKeySuffix)) {
      paths.insert(entry->path());
    }
  }
  if (error) {
    return file_error(error.value(), "read", directory);
  }
  AuthorizedKeys ring;
  for (const std::filesystem::path& path : paths) {
    std::string name = path.filename().native();
    name.resize(name.size() - std::string_view(kPublicKeySuffix).size());
    if (Result<void> added = ring.add(path.native(), name); !added) {
      return std::move(added).error();
    }
  }
  return ring;
}

Result<void> AuthorizedKeys::add(const std::string& path, const std::string& name) {
  if (!is_key_name(name)) {
    return Error{ErrorCode::kBadRequest,
                 escape_foreign(path) + ": '" + escape_foreign(name) + "' is not a valid key name",
                 "a name consists of 1 to 64 characters of A-Z a-z 0-9 . _ -"};
  }
  const Result<std::string> content = read_trusted(path, kMostKeyFileBytes);
  if (!content) {
    // The file was removed since the directory was read, so there is no such key.
    return content.error().code == ErrorCode::kNotFound ? Result<void>() : content.error();
  }
  const Result<std::string> key = parse_public_key(*content, path);
  if (!key) {
    return key.error();
  }
  if (const auto [place, added] = by_key_.emplace(*key, name); !added) {
    return Error{ErrorCode::kBadRequest, escape_foreign(path) + ": the same key is in " + place->second +
                                             kPublicKeySuffix + "; each caller needs a key of its own"};
  }
  names_.insert(name);
  return {};
}

std::optional<std::string> AuthorizedKeys::name_of(std::string_view key) const { return found_in(by_key_, key); }

std::optional<std::string> AuthorizedKeys::former_name_of(std::string_view key) const { return found_in(former_, key); }

void AuthorizedKeys::remember(const AuthorizedKeys& older) {
  for (const Names* const names : {&older.by_key_, &older.former_}) {
    for (const auto& [key, name] : *names) {
      if (!by_key_.contains(key)) {
        former_.emplace(key, name);
      }
    }
  }
}

Result<CurvePair> read_curve_secret(const std::string& path) {
  const Result<std::string> content = read_private(path, kMostKeyFileBytes);
  if (!content) {
    return content.error();
  }
  Result<CurvePair> pair = parse_key_pair(*content, path);
  if (!pair) {
    return pair;
  }
  std::array<char, 41> derived{};
  if (zmq_curve_public(derived.data(), pair->secret_key.c_str()) != 0) {
    return Error{ErrorCode::kUnsupported, "libzmq was built without CURVE"};
  }
  if (pair->public_key != derived.data()) {
    return Error{ErrorCode::kBadRequest, escape_foreign(path) + ": the two keys do not belong together",
                 "shmbus-send keygen generates a pair"};
  }
  return pair;
}

}  // namespace shmbus::agent
