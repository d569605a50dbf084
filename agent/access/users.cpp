#include "agent/access/users.hpp"

#include <grp.h>
#include <pwd.h>

#include <charconv>

namespace shmbus::agent {

Identity nobody() {
  constexpr uid_t kUsualId = 65534;
  const passwd* const user = ::getpwnam("nobody");
  return user == nullptr ? Identity{.uid = kUsualId, .gid = kUsualId, .groups = {}, .capabilities = 0}
                         : Identity{.uid = user->pw_uid, .gid = user->pw_gid, .groups = {}, .capabilities = 0};
}

Result<gid_t> group_named(const std::string& name) {
  if (const group* const found = ::getgrnam(name.c_str())) {
    return found->gr_gid;
  }
  gid_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc() || end != name.data() + name.size()) {
    return Error{.code = ErrorCode::kBadRequest, .message = "there is no group " + name};
  }
  return number;
}

}  // namespace shmbus::agent
