#include "protocol/endpoint/curve_key.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include "protocol/text.hpp"

namespace shmbus {
namespace {

constexpr std::string_view kDigits =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
constexpr std::size_t kDigitsOfGroup = 5;  // encode the four bytes of a group
constexpr std::size_t kBytesOfGroup = 4;
constexpr std::size_t kDigitsOfKey = kCurveKeyBytes / kBytesOfGroup * kDigitsOfGroup;
constexpr std::size_t kMostNameLength = 64;

struct Line {
  std::size_t number;
  std::string_view text;
};

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  const std::size_t first = text.find_first_not_of(kBlank);
  return first == std::string_view::npos ? "" : text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

// The lines that are neither blank nor comments. A key may contain # but cannot start with it, which is digit 84: the
// first digit of a group is at most 82.
std::vector<Line> lines_of(std::string_view content) {
  std::vector<Line> lines;
  for (std::size_t number = 1; !content.empty(); ++number) {
    const std::size_t end = std::min(content.find('\n'), content.size());
    const std::string_view text = trimmed(content.substr(0, end));
    if (!text.empty() && text.front() != '#') {
      lines.push_back({number, text});
    }
    content.remove_prefix(std::min(end + 1, content.size()));
  }
  return lines;
}

Error wrong(const std::string& path, std::size_t line, const std::string& what, const std::string& hint) {
  return {ErrorCode::kBadRequest, escape_foreign(path) + ", line " + std::to_string(line) + ": " + what, hint};
}

Error lacks(const std::string& path, const std::string& what) {
  return {ErrorCode::kBadRequest, escape_foreign(path) + ": there is no " + what,
          "shmbus-send keygen generates key files"};
}

}  // namespace

bool is_curve_key(std::string_view text) {
  if (text.size() != kDigitsOfKey) {
    return false;
  }
  for (; !text.empty(); text.remove_prefix(kDigitsOfGroup)) {
    std::uint64_t value = 0;
    for (const char digit : text.substr(0, kDigitsOfGroup)) {
      const std::size_t place = kDigits.find(digit);
      if (place == std::string_view::npos) {
        return false;
      }
      value = value * kDigits.size() + place;
    }
    if (value > std::numeric_limits<std::uint32_t>::max()) {
      return false;
    }
  }
  return true;
}

std::string curve_key_of(std::string_view bytes) {
  std::string key;
  for (; bytes.size() >= kBytesOfGroup; bytes.remove_prefix(kBytesOfGroup)) {
    std::uint32_t value = 0;
    for (const char byte : bytes.substr(0, kBytesOfGroup)) {
      value = value << 8U | static_cast<unsigned char>(byte);
    }
    std::string group(kDigitsOfGroup, '\0');
    for (auto digit = group.rbegin(); digit != group.rend(); ++digit) {
      *digit = kDigits[value % kDigits.size()];
      value /= static_cast<std::uint32_t>(kDigits.size());
    }
    key += group;
  }
  return key;
}

bool is_key_name(std::string_view name) {
  return !name.empty() && name.size() <= kMostNameLength && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  });
}

std::string public_key_file(const std::string& name, const std::string& public_key) {
  return "# The public key of " + name + ". It may be given to anyone.\n" + public_key + "\n";
}

std::string key_pair_file(const std::string& name, const CurvePair& pair) {
  return "# The keys of " + name + ". Anyone who can read this file can act as " + name + ".\npublic " +
         pair.public_key + "\nsecret " + pair.secret_key + "\n";
}

Result<std::string> parse_public_key(std::string_view content, const std::string& path) {
  std::string key;
  for (const Line& line : lines_of(content)) {
    if (!is_curve_key(line.text)) {
      return wrong(path, line.number, "expected a public key of 40 characters",
                   "expected a file NAME.key as made by shmbus-send keygen NAME");
    }
    if (!key.empty()) {
      return wrong(path, line.number, "a second key", "a file holds one key");
    }
    key = line.text;
  }
  if (key.empty()) {
    return lacks(path, "public key in it");
  }
  return key;
}

Result<CurvePair> parse_key_pair(std::string_view content, const std::string& path) {
  CurvePair pair;
  for (const Line& line : lines_of(content)) {
    const std::size_t space = std::min(line.text.find_first_of(" \t"), line.text.size());
    const std::string_view kind = line.text.substr(0, space);
    const std::string_view key = trimmed(line.text.substr(space));
    if ((kind != "public" && kind != "secret") || !is_curve_key(key)) {
      return wrong(path, line.number, "expected 'public' or 'secret', then a key of 40 characters",
                   "expected a file NAME.secret as made by shmbus-send keygen NAME");
    }
    std::string& place = kind == "public" ? pair.public_key : pair.secret_key;
    if (!place.empty()) {
      return wrong(path, line.number, "a second " + std::string(kind) + " key", "a file holds one pair");
    }
    place = key;
  }
  if (pair.public_key.empty() || pair.secret_key.empty()) {
    return lacks(path, pair.secret_key.empty() ? "secret key in it" : "public key in it");
  }
  return pair;
}

}  // namespace shmbus
