// Reads the CURVE keys of the agent: its own key pair, and the public keys of the remote callers that it serves.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "protocol/endpoint/curve_key.hpp"
#include "protocol/result.hpp"

namespace shmbus::agent {

// A snapshot of a directory of public keys. Each file NAME.key has one key, and its holder is the caller "key:NAME".
// The directory is read once: SIGHUP loads a new snapshot, and a faulty directory leaves the old one in use. A snapshot
// that is made by default has no keys.
class AuthorizedKeys {
 public:
  // Reads every file NAME.key in `directory` and ignores all other files. The first fault fails the whole load, so a
  // partial set of keys is never used. Errors, with the file and if possible the line: as check_private_directory() and
  // read_trusted(); kBadRequest for an invalid NAME, for content that is not a key, and for a key that has two names.
  [[nodiscard]] static Result<AuthorizedKeys> load(const std::string& directory);

  // Returns the name of the holder of `key`, which is given in Z85 or as its 32 bytes; nothing if the key is unknown.
  [[nodiscard]] std::optional<std::string> name_of(std::string_view key) const;

  // Keeps the names of keys that `older` has or remembers and this snapshot lacks. These keys admit nobody. Their names
  // identify a caller in the audit whose key was removed while it was connected.
  void remember(const AuthorizedKeys& older);

  // Returns the name that a removed `key` had; the key is given as for name_of().
  [[nodiscard]] std::optional<std::string> former_name_of(std::string_view key) const;

  // Returns whether there is a key of this name.
  [[nodiscard]] bool has(std::string_view name) const { return names_.contains(name); }
  [[nodiscard]] std::size_t size() const { return names_.size(); }

 private:
  using Names = std::map<std::string, std::string, std::less<>>;  // names, by keys in Z85

  Result<void> add(const std::string& path, const std::string& name);

  Names by_key_;
  Names former_;  // of removed keys
  std::set<std::string, std::less<>> names_;
};

// Reads the agent's own key pair from a file that `shmbus-send keygen` wrote. Errors: as read_private(); kBadRequest
// with the faulty line, or if the public key is not that of the secret key; kUnsupported if libzmq is built without
// CURVE.
[[nodiscard]] Result<CurvePair> read_curve_secret(const std::string& path);

}  // namespace shmbus::agent
