// The keys of the agent: its own pair, and the public keys of the remote callers that it serves.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "protocol/endpoint/curve_key.hpp"
#include "protocol/result.hpp"

namespace shmbus::agent {

// A snapshot of a directory of public keys, each a file NAME.key; whose key it is is its NAME. Empty if default-made:
// then nobody has a key.
class AuthorizedKeys {
 public:
  // Reads every NAME.key in `directory`; files of other names are passed over. Errors, with the file and if possible
  // the line: as check_private_directory() and read_trusted(), and kBadRequest for a name that is none, a content that
  // is no key, and a key that is there under two names. One error makes no ring: part of the keys is no answer.
  [[nodiscard]] static Result<AuthorizedKeys> load(const std::string& directory);

  // Whose `key` is, given in Z85 or as its 32 bytes; nothing if it is nobody's.
  [[nodiscard]] std::optional<std::string> name_of(std::string_view key) const;

  // Keeps the names of the keys that `older` has, or had, and this one has not.
  void remember(const AuthorizedKeys& older);

  // Whose `key`, as in name_of(), was before it was taken away.
  [[nodiscard]] std::optional<std::string> former_name_of(std::string_view key) const;

  [[nodiscard]] bool has(std::string_view name) const { return names_.contains(name); }
  [[nodiscard]] std::size_t size() const { return names_.size(); }

 private:
  using Names = std::map<std::string, std::string, std::less<>>;  // by keys in Z85

  Result<void> add(const std::string& path, const std::string& name);

  Names by_key_;
  Names former_;
  std::set<std::string, std::less<>> names_;
};

// The agent's own pair, from a file that shmbus-send keygen wrote. Errors: as read_private(), kBadRequest with the line
// that is wrong or if the two keys do not belong together, kUnsupported if libzmq is built without CURVE.
[[nodiscard]] Result<CurvePair> read_curve_secret(const std::string& path);

}  // namespace shmbus::agent
