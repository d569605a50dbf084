// Implements shmbus-send keygen: writes a new pair of CURVE keys to two files. Contacts no agent.
#pragma once

#include <string>

#include "protocol/result.hpp"

namespace shmbus {

// The files that were made. The secret key is in the file alone.
struct KeyFiles {
  std::string secret_path;  // NAME.secret, mode 0600, with both keys; it stays with its owner
  std::string public_path;  // NAME.key, mode 0600, with the public key; for the other side
  std::string public_key;   // in Z85, 40 characters
};

// Makes a key pair for `name` and writes both files to `directory`, which must exist. Nothing is overwritten; if one
// file cannot be made, neither remains.
// Errors: kBadRequest if `name` is not 1 to 64 of A-Z a-z 0-9 . _ -; kUnsupported if libzmq is built without CURVE;
// kExists, kNotFound, kPermissionDenied and others with the path if a file cannot be made, see errno_error().
[[nodiscard]] Result<KeyFiles> make_key_files(const std::string& name, const std::string& directory);

}  // namespace shmbus
