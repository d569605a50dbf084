// The text form of CURVE keys, 40 characters of Z85 (ZeroMQ RFC 32) for 32 bytes, and the two files that keygen writes
// for a pair: NAME.key for others and NAME.secret for its owner. This header knows neither ZeroMQ nor the file system:
// callers read and write the files, see client/security/curve.hpp. No state; safe from any thread.
#pragma once

#include <string>
#include <string_view>

#include "protocol/result.hpp"

namespace shmbus {

// A public key and its secret key, in Z85. The secret key must appear in no message and no log.
struct CurvePair {
  std::string public_key;
  std::string secret_key;

  friend bool operator==(const CurvePair&, const CurvePair&) = default;
};

inline constexpr std::size_t kCurveKeyBytes = 32;

// The most bytes of a key file: many times the size of one with its comments.
inline constexpr std::size_t kMostKeyFileBytes = 4096;

inline constexpr const char* kPublicKeySuffix = ".key";
inline constexpr const char* kKeyPairSuffix = ".secret";

// Returns whether `text` is 40 characters of Z85 that stand for 32 bytes. Each key has only one spelling, so equal keys
// are equal texts.
[[nodiscard]] bool is_curve_key(std::string_view text);

// Returns the Z85 of a key that is given as its kCurveKeyBytes bytes.
[[nodiscard]] std::string curve_key_of(std::string_view bytes);

// Returns whether `name` can name a key, and with it a remote caller: 1 to 64 of A-Z a-z 0-9 . _ -
[[nodiscard]] bool is_key_name(std::string_view name);

// Return the content of the files for `name`. The public key is on a line of its own; the pair is two lines, "public
// KEY" and "secret KEY". Lines that start with # are comments.
[[nodiscard]] std::string public_key_file(const std::string& name, const std::string& public_key);
[[nodiscard]] std::string key_pair_file(const std::string& name, const CurvePair& pair);

// Parse the content of such files. `path` serves for messages only. Errors: kBadRequest with the path, the line and the
// expected content. A message never quotes the file, whose content may be secret.
[[nodiscard]] Result<std::string> parse_public_key(std::string_view content, const std::string& path);
[[nodiscard]] Result<CurvePair> parse_key_pair(std::string_view content, const std::string& path);

}  // namespace shmbus
