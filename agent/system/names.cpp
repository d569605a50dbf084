#include "agent/system/names.hpp"

#include <grp.h>
#include <pwd.h>

#include <system_error>

#include "protocol/limits.hpp"
#include "protocol/number.hpp"
#include "protocol/text.hpp"

namespace shmbus::agent {
namespace {

// A lookup would end at a NUL and find another name.
bool can_be_name(const std::string& name) { return !name.empty() && name.find('\0') == std::string::npos; }

std::string hint_for(const std::string& name, std::string_view prefix) {
  return parse_decimal_or_hex(name) ? "for a numeric id, write " + std::string(prefix) + name : "";
}

Identity identity_of(const passwd& entry) {
  Identity identity{.uid = entry.pw_uid, .gid = entry.pw_gid};
  int count = 16;
  int room = 0;
  do {
    room = count;
    identity.groups.resize(static_cast<std::size_t>(room));
    ::getgrouplist(entry.pw_name, entry.pw_gid, identity.groups.data(), &count);  // sets `count` to how many there are
  } while (count > room);
  identity.groups.resize(static_cast<std::size_t>(count));
  return identity;
}

}  // namespace

std::string in_quotes(std::string_view word) { return '"' + escape_for_terminal(word) + '"'; }

Error not_understood(std::string message, std::string hint) {
  return {.code = ErrorCode::kBadRequest, .message = std::move(message), .hint = std::move(hint)};
}

Result<std::uint32_t> id_from(std::string_view number) {
  const std::optional<std::uint64_t> id = parse_decimal_or_hex(number);
  if (!id || *id > limits::kMaxUid) {
    return not_understood(in_quotes(number) + " is not a number from 0 to " + std::to_string(limits::kMaxUid));
  }
  return static_cast<std::uint32_t>(*id);
}

Result<Identity> user_named(const std::string& name) {
  const passwd* const entry = can_be_name(name) ? ::getpwnam(name.c_str()) : nullptr;
  if (entry == nullptr) {
    return not_understood("no such user on this host: " + in_quotes(name), hint_for(name, "uid:"));
  }
  return identity_of(*entry);
}

Result<std::uint32_t> group_named(const std::string& name) {
  const group* const entry = can_be_name(name) ? ::getgrnam(name.c_str()) : nullptr;
  if (entry == nullptr) {
    return not_understood("no such group on this host: " + in_quotes(name), hint_for(name, "gid:"));
  }
  return entry->gr_gid;
}

Result<std::uint32_t> group_id(const std::string& value) {
  return parse_decimal_or_hex(value) ? id_from(value) : group_named(value);
}

Identity user_with(std::uint32_t uid) {
  const passwd* const entry = ::getpwuid(uid);
  return entry == nullptr ? Identity{.uid = uid} : identity_of(*entry);
}

}  // namespace shmbus::agent
