// CURVE keys as people handle them: 32 bytes in 40 characters of Z85 (ZeroMQ RFC 32), and the two files of a pair.
// Knows neither ZeroMQ nor the file system.
#pragma once

#include <string>
#include <string_view>

#include "protocol/result.hpp"

namespace shmbus {

// Both keys in Z85. The secret one is in no message and in no log.
struct CurvePair {
  std::string public_key;
  std::string secret_key;

  friend bool operator==(const CurvePair&, const CurvePair&) = default;
};

inline constexpr std::size_t kCurveKeyBytes = 32;
inline constexpr std::size_t kMostKeyFileBytes = 4096;  // many times what a key file with its comments has
inline constexpr const char* kPublicKeySuffix = ".key";
inline constexpr const char* kKeyPairSuffix = ".secret";

// True for 40 characters that stand for 32 bytes. There is one spelling for each key, so equal keys are equal texts.
[[nodiscard]] bool is_curve_key(std::string_view text);

// The Z85 of a key given as its kCurveKeyBytes bytes.
[[nodiscard]] std::string curve_key_of(std::string_view bytes);

// True for what may name a key, and with it a remote caller: 1 to 64 of A-Z a-z 0-9 . _ -
[[nodiscard]] bool is_key_name(std::string_view name);

// What keygen writes for `name`: the public key on a line of its own; the pair as two lines, "public KEY" and
// "secret KEY". Lines that start with # are comments.
[[nodiscard]] std::string public_key_file(const std::string& name, const std::string& public_key);
[[nodiscard]] std::string key_pair_file(const std::string& name, const CurvePair& pair);

// And back. `path` is for messages. Errors: kBadRequest with the path, the line and what belongs there, but nothing of
// what is there, which might be secret.
[[nodiscard]] Result<std::string> parse_public_key(std::string_view content, const std::string& path);
[[nodiscard]] Result<CurvePair> parse_key_pair(std::string_view content, const std::string& path);

}  // namespace shmbus
