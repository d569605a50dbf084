#include "agent/access/policy_words.hpp"

#include <grp.h>
#include <pwd.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "protocol/limits.hpp"
#include "protocol/operations.hpp"
#include "protocol/text.hpp"

namespace shmbus::agent {
namespace {

constexpr std::string_view kUser = "user:";
constexpr std::string_view kUid = "uid:";
constexpr std::string_view kGroup = "group:";
constexpr std::string_view kGid = "gid:";
constexpr std::string_view kKey = "key:";

std::string in_quotes(std::string_view word) { return '"' + escape_for_terminal(word) + '"'; }

Error refused(std::string message, std::string hint = {}) {
  return {.code = ErrorCode::kBadRequest, .message = std::move(message), .hint = std::move(hint)};
}

// A name with a NUL in it would be looked up without the rest.
bool can_be_name(const std::string& name) { return !name.empty() && name.find('\0') == std::string::npos; }

std::string hint_for(const std::string& name, std::string_view prefix) {
  return number_from(name) ? "for a number write " + std::string(prefix) + name : "";
}

Identity identity_of(const passwd& entry) {
  Identity identity{.uid = entry.pw_uid, .gid = entry.pw_gid};
  int count = 16;
  int room = 0;
  do {
    room = count;
    identity.groups.resize(static_cast<std::size_t>(room));
    ::getgrouplist(entry.pw_name, entry.pw_gid, identity.groups.data(), &count);  // `count`: how many there are
  } while (count > room);
  identity.groups.resize(static_cast<std::size_t>(count));
  return identity;
}

// The key that `text` spells, without 0.
std::optional<Key> key_from(std::string_view text) {
  const std::optional<std::uint64_t> number = number_from(text);
  if (!number || *number == kPrivateKey || *number > std::numeric_limits<Key>::max()) {
    return std::nullopt;
  }
  return static_cast<Key>(*number);
}

}  // namespace

std::optional<std::uint64_t> number_from(std::string_view text) {
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    text.remove_prefix(2);
    base = 16;
  }
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

Result<std::uint64_t> bytes_from(std::string_view text) {
  constexpr std::string_view kSuffixes = "KMG";
  const std::size_t suffix = text.empty() ? std::string_view::npos : kSuffixes.find(text.back());
  const bool has_suffix = suffix != std::string_view::npos;
  const auto shift = has_suffix ? 10 * (static_cast<unsigned>(suffix) + 1) : 0U;
  const std::optional<std::uint64_t> count = number_from(text.substr(0, text.size() - (has_suffix ? 1 : 0)));
  if (!count || *count > std::numeric_limits<std::uint64_t>::max() >> shift) {
    return refused(in_quotes(text) + " is no number of bytes", "write an integer, or \"64K\", \"16M\", \"1G\"");
  }
  return *count << shift;
}

Result<std::uint32_t> id_from(std::string_view number) {
  const std::optional<std::uint64_t> id = number_from(number);
  if (!id || *id > limits::kMaxUid) {
    return refused(in_quotes(number) + " is not a number from 0 to " + std::to_string(limits::kMaxUid));
  }
  return static_cast<std::uint32_t>(*id);
}

Result<Identity> user_named(const std::string& name) {
  const passwd* const entry = can_be_name(name) ? ::getpwnam(name.c_str()) : nullptr;
  if (entry == nullptr) {
    return refused("this host knows no user " + in_quotes(name), hint_for(name, kUid));
  }
  return identity_of(*entry);
}

Result<std::uint32_t> group_named(const std::string& name) {
  const group* const entry = can_be_name(name) ? ::getgrnam(name.c_str()) : nullptr;
  if (entry == nullptr) {
    return refused("this host knows no group " + in_quotes(name), hint_for(name, kGid));
  }
  return entry->gr_gid;
}

Result<std::uint32_t> group_id(const std::string& value) {
  return number_from(value) ? id_from(value) : group_named(value);
}

Identity user_with(std::uint32_t uid) {
  const passwd* const entry = ::getpwuid(uid);
  return entry == nullptr ? Identity{.uid = uid} : identity_of(*entry);
}

Result<std::uint32_t> uid_from(std::string_view word) {
  if (word.starts_with(kUser)) {
    const Result<Identity> user = user_named(std::string(word.substr(kUser.size())));
    return user ? Result<std::uint32_t>(user->uid) : user.error();
  }
  if (word.starts_with(kUid)) {
    return id_from(word.substr(kUid.size()));
  }
  return refused(in_quotes(word) + " is no user", "write \"user:NAME\" or \"uid:NUMBER\"");
}

Result<std::uint32_t> gid_from(std::string_view word) {
  if (word.starts_with(kGroup)) {
    return group_named(std::string(word.substr(kGroup.size())));
  }
  if (word.starts_with(kGid)) {
    return id_from(word.substr(kGid.size()));
  }
  return refused(in_quotes(word) + " is no group", "write \"group:NAME\" or \"gid:NUMBER\"");
}

Result<Who> who_from(std::string_view word) {
  using Kind = Who::Kind;
  if (word.starts_with(kUser) || word.starts_with(kUid)) {
    const Result<std::uint32_t> uid = uid_from(word);
    return uid ? Result<Who>(Who{.kind = Kind::kUid, .id = *uid}) : uid.error();
  }
  if (word.starts_with(kGroup) || word.starts_with(kGid)) {
    const Result<std::uint32_t> gid = gid_from(word);
    return gid ? Result<Who>(Who{.kind = Kind::kGid, .id = *gid}) : gid.error();
  }
  if (word.starts_with(kKey)) {
    const Result<std::string> name = key_name_from(word.substr(kKey.size()));
    return name ? Result<Who>(Who{.kind = Kind::kKey, .key_name = *name}) : name.error();
  }
  if (word == "local") {
    return Who{.kind = Kind::kLocal};
  }
  if (word == "remote") {
    return Who{.kind = Kind::kRemote};
  }
  if (word == "anyone") {
    return Who{.kind = Kind::kAnyone};
  }
  return refused(in_quotes(word) + " names no caller",
                 "write \"user:NAME\", \"uid:NUMBER\", \"group:NAME\", \"gid:NUMBER\", \"key:NAME\", \"local\", "
                 "\"remote\" or \"anyone\"");
}

Result<std::string> key_name_from(std::string_view name) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-@";
  if (name.empty() || name.find_first_not_of(kAllowed) != std::string_view::npos) {
    return refused(in_quotes(name) + " is no name of a key", "letters, digits and any of . _ - @");
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
    return refused(in_quotes(word) + " is no key and no range of keys",
                   "keys are 1 to 4294967295, a range is \"5000-5999\"; \"private\" is every private segment");
  }
  if (*first > *last) {
    return refused("the range " + in_quotes(word) + " is empty", "the smaller key comes first");
  }
  return KeyRange{.first = *first, .last = *last};
}

Result<std::string_view> operation_from(std::string_view word) {
  if (word == "batch") {
    return refused("batch is not decided about", "each of its requests is decided on its own");
  }
  if (const OperationSpec* const spec = operation_named(word)) {
    return spec->name;
  }
  std::string known;
  for (const OperationSpec& spec : operations()) {
    if (spec.name != "batch") {
      known.append(known.empty() ? "known are " : ", ").append(spec.name);
    }
  }
  return refused("unknown operation " + in_quotes(word), known);
}

}  // namespace shmbus::agent
