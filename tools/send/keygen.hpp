// shmbus-send keygen: a new pair of CURVE keys in two files.
#pragma once

#include <string>

#include "protocol/result.hpp"

namespace shmbus {

struct KeyFiles {
  std::string secret_path;  // NAME.secret, mode 0600: both keys
  std::string public_path;  // NAME.key, mode 0600 as well: the public one alone
  std::string public_key;   // in Z85
};

// Makes the keys of `name` in `directory`. Both files are new or none is made: nothing is overwritten. Errors:
// kBadRequest for what can't name a key, kExists, kNotFound and kPermissionDenied with the path as the kernel says,
// kInternal if they can't be written whole, kUnsupported if libzmq is built without CURVE.
[[nodiscard]] Result<KeyFiles> make_key_files(const std::string& name, const std::string& directory);

}  // namespace shmbus
