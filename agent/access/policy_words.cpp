#include "agent/access/policy_words.hpp"

#include <limits>

#include "protocol/endpoint/curve_key.hpp"
#include "protocol/number.hpp"
#include "protocol/operations.hpp"

namespace shmbus::agent {
namespace {

constexpr std::string_view kUser = "user:";
constexpr std::string_view kUid = "uid:";
constexpr std::string_view kGroup = "group:";
constexpr std::string_view kGid = "gid:";
constexpr std::string_view kKey = "key:";

// Returns the key that `text` spells; nothing if it is 0 or not a key.
std::optional<Key> key_from(std::string_view text) {
  const std::optional<std::uint64_t> number = parse_decimal_or_hex(text);
  if (!number || *number == kPrivateKey || *number > std::numeric_limits<Key>::max()) {
    return std::nullopt;
  }
  return static_cast<Key>(*number);
}

}  // namespace

Result<std::uint64_t> bytes_from(std::string_view text) {
  constexpr std::string_view kSuffixes = "KMG";
  const std::size_t suffix = text.empty() ? std::string_view::npos : kSuffixes.find(text.back());
  const bool has_suffix = suffix != std::string_view::npos;
  const auto shift = has_suffix ? 10 * (static_cast<unsigned>(suffix) + 1) : 0U;
  const std::optional<std::uint64_t> count = parse_decimal_or_hex(text.substr(0, text.size() - (has_suffix ? 1 : 0)));
  if (!count || *count > std::numeric_limits<std::uint64_t>::max() >> shift) {
    return not_understood(in_quotes(text) + " is not a number of bytes",
                          "write an integer, or \"64K\", \"16M\", \"1G\"");
  }
  return *count << shift;
}

Result<std::uint32_t> uid_from(std::string_view word) {
  if (word.starts_with(kUser)) {
    const Result<Identity> user = user_named(std::string(word.substr(kUser.size())));
    return user ? Result<std::uint32_t>(user->uid) : user.error();
  }
  if (word.starts_with(kUid)) {
    return id_from(word.substr(kUid.size()));
  }
  return not_understood(in_quotes(word) + " is not a user", "write \"user:NAME\" or \"uid:NUMBER\"");
}

Result<std::uint32_t> gid_from(std::string_view word) {
  if (word.starts_with(kGroup)) {
    return group_named(std::string(word.substr(kGroup.size())));
  }
  if (word.starts_with(kGid)) {
    return id_from(word.substr(kGid.size()));
  }
  return not_understood(in_quotes(word) + " is not a group", "write \"group:NAME\" or \"gid:NUMBER\"");
}

Result<SubjectPattern> subject_pattern_from(std::string_view word) {
  using Kind = SubjectPattern::Kind;
  if (word.starts_with(kUser) || word.starts_with(kUid)) {
    const Result<std::uint32_t> uid = uid_from(word);
    return uid ? Result<SubjectPattern>(SubjectPattern{.kind = Kind::kUid, .id = *uid}) : uid.error();
  }
  if (word.starts_with(kGroup) || word.starts_with(kGid)) {
    const Result<std::uint32_t> gid = gid_from(word);
    return gid ? Result<SubjectPattern>(SubjectPattern{.kind = Kind::kGid, .id = *gid}) : gid.error();
  }
  if (word.starts_with(kKey)) {
    const Result<std::string> name = key_name_from(word.substr(kKey.size()));
    return name ? Result<SubjectPattern>(SubjectPattern{.kind = Kind::kKey, .key_name = *name}) : name.error();
  }
  if (word == "local" || word == "remote" || word == "anyone") {
    return SubjectPattern{.kind = word == "local" ? Kind::kLocal : word == "remote" ? Kind::kRemote : Kind::kAnyone};
  }
  return not_understood(in_quotes(word) + " does not name a caller",
                        "write \"user:NAME\", \"uid:NUMBER\", \"group:NAME\", \"gid:NUMBER\", \"key:NAME\", \"local\", "
                        "\"remote\" or \"anyone\"");
}

Result<std::string> key_name_from(std::string_view name) {
  if (!is_key_name(name)) {
    return not_understood(in_quotes(name) + " is not a valid key name",
                          "a name consists of 1 to 64 characters of A-Z a-z 0-9 . _ -");
  }
  return std::string(name);
}

Result<KeyRange> keys_from(std::string_view word) {
  if (word == "private") {
    return KeyRange{};
  }
  const std::size_t dash = word.find('-');
  const std::optional<Key> first = key_from(word.substr(0, dash));
  const std::optional<Key> last = dash == std::string_view::npos ? first : key_from(word.substr(dash + 1));
  if (!first || !last) {
    return not_understood(in_quotes(word) + " is not a key or a range of keys",
                          "keys are 1 to 4294967295, a range is \"5000-5999\"; \"private\" is every private segment");
  }
  if (*first > *last) {
    return not_understood("the range " + in_quotes(word) + " is empty", "the smaller key comes first");
  }
  return KeyRange{.first = *first, .last = *last};
}

Result<std::string_view> operation_from(std::string_view word) {
  if (word == "batch") {
    return not_understood("batch cannot be named in a rule", "the policy is applied to each of its requests");
  }
  if (const OperationSpec* const spec = operation_named(word)) {
    return spec->name;
  }
  std::string known;
  for (const OperationSpec& spec : operations()) {
    if (spec.name != "batch") {
      known.append(known.empty() ? "known operations: " : ", ").append(spec.name);
    }
  }
  return not_understood("unknown operation " + in_quotes(word), known);
}

}  // namespace shmbus::agent
