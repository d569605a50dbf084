#include "agent/kernel/credentials.hpp"

#include <grp.h>
#include <linux/capability.h>
#include <spdlog/spdlog.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

namespace shmbus::agent {
namespace {

constexpr uid_t kTrialId = 65534;  // nobody, on Debian
constexpr CapabilitySet kOverridesPermissions = CapabilitySet{1} << CAP_IPC_OWNER;
constexpr CapabilitySet kOverridesOwnership = CapabilitySet{1} << CAP_SYS_ADMIN;
constexpr CapabilitySet kSwitches = (CapabilitySet{1} << CAP_SETUID) | (CapabilitySet{1} << CAP_SETGID);

using CapabilityData = std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3>;

__user_cap_header_struct this_thread() { return {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0}; }

int errno_of(long result) { return result < 0 ? errno : 0; }

struct Capabilities {
  CapabilitySet effective = 0;
  CapabilitySet permitted = 0;
  CapabilitySet inheritable = 0;
};

Capabilities capabilities_of_this_thread() {
  CapabilityData data{};
  __user_cap_header_struct header = this_thread();
  if (::syscall(SYS_capget, &header, data.data()) != 0) {
    throw std::system_error(errno, std::generic_category(), "capget");
  }
  const auto both = [&](auto half) { return data[0].*half | CapabilitySet{data[1].*half} << 32U; };
  return {.effective = both(&__user_cap_data_struct::effective),
          .permitted = both(&__user_cap_data_struct::permitted),
          .inheritable = both(&__user_cap_data_struct::inheritable)};
}

Identity identity_of_this_thread() {
  std::vector<gid_t> groups(static_cast<std::size_t>(std::max(::getgroups(0, nullptr), 0)));
  if (const int count = ::getgroups(static_cast<int>(groups.size()), groups.data()); count >= 0) {
    groups.resize(static_cast<std::size_t>(count));
  } else {
    throw std::system_error(errno, std::generic_category(), "getgroups");
  }
  return {.uid = ::geteuid(),
          .gid = ::getegid(),
          .groups = groups,
          .capabilities = capabilities_of_this_thread().effective};
}

// The kernel counts the effective group among a thread's groups, whether it is listed or not.
bool has_no_other_groups(const Identity& identity) {
  return std::ranges::all_of(identity.groups, [&](gid_t group) { return group == identity.gid; });
}

// Drops groups that make no difference. Most callers have no group but their own, and then need no setgroups(2).
Identity without_needless_groups(CredentialCalls& calls) {
  Identity own = identity_of_this_thread();
  const bool may = (own.capabilities & kSwitches) == kSwitches;
  if (may && has_no_other_groups(own) && calls.set_groups({}) == 0) {
    own.groups.clear();
  }
  return own;
}

}  // namespace

CredentialCalls::CredentialCalls() {
  const Capabilities own = capabilities_of_this_thread();
  permitted_ = own.permitted;
  inheritable_ = own.inheritable;
}

int CredentialCalls::set_groups(const std::vector<gid_t>& groups) {
  return errno_of(::syscall(SYS_setgroups, groups.size(), groups.data()));
}

int CredentialCalls::set_effective_gid(gid_t gid) { return errno_of(::syscall(SYS_setresgid, -1, gid, -1)); }

int CredentialCalls::set_effective_uid(uid_t uid) { return errno_of(::syscall(SYS_setresuid, -1, uid, -1)); }

int CredentialCalls::set_effective_capabilities(CapabilitySet effective) {
  const auto half = [&](unsigned shift) {
    const auto part = [shift](CapabilitySet set) { return static_cast<std::uint32_t>(set >> shift); };
    return __user_cap_data_struct{
        .effective = part(effective & permitted_), .permitted = part(permitted_), .inheritable = part(inheritable_)};
  };
  CapabilityData data{half(0), half(32)};
  __user_cap_header_struct header = this_thread();
  return errno_of(::syscall(SYS_capset, &header, data.data()));
}

Credentials::Credentials(CredentialCalls& calls)
    : calls_(calls), own_(without_needless_groups(calls)), can_switch_(try_switch()) {}

bool Credentials::has_own_groups(const Identity& identity) const {
  return identity.groups == own_.groups || (own_.groups.empty() && has_no_other_groups(identity));
}

bool Credentials::is_own(const Identity& identity) const {
  const CapabilitySet overrides = own_.capabilities & (kOverridesPermissions | kOverridesOwnership);
  const bool keeps_all = (own_.capabilities & ~identity.capabilities) == 0;
  return identity.uid == own_.uid && identity.gid == own_.gid && keeps_all &&
         (has_own_groups(identity) || overrides == (kOverridesPermissions | kOverridesOwnership));
}

bool Credentials::kernel_moves_capabilities(const Identity& identity) const {
  return own_.uid == 0 && identity.uid != 0 && identity.capabilities == 0 && own_.capabilities == calls_.permitted();
}

// Tries uid 65534 and, unless the agent is root, root. The new ids are read back, not assumed. A thread whose uids all
// leave 0 loses its permitted capabilities too, unless PR_SET_KEEPCAPS is set.
bool Credentials::try_switch() {
  if ((own_.capabilities & kSwitches) != kSwitches || ::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) {
    return false;
  }
  return try_switch_to(kTrialId) && (own_.uid == 0 || try_switch_to(0));
}

bool Credentials::try_switch_to(std::uint32_t id) {
  const Identity trial{.uid = id, .gid = id, .groups = {}, .capabilities = 0};
  if (become(trial)) {
    return false;  // a user namespace may not map this id
  }
  const Identity became = identity_of_this_thread();
  come_back(trial);
  return became == trial && identity_of_this_thread() == own_;
}

// Capabilities are dropped last, because the other steps need them.
std::optional<Error> Credentials::become(const Identity& identity) {
  int failure = 0;
  const char* what = "";
  const auto step = [&](const char* name, bool needed, auto call) {
    if (failure == 0 && needed && (failure = call()) != 0) {
      what = name;
    }
  };
  step("groups", !has_own_groups(identity), [&] { return calls_.set_groups(identity.groups); });
  step("gid", identity.gid != own_.gid, [&] { return calls_.set_effective_gid(identity.gid); });
  step("uid", identity.uid != own_.uid, [&] { return calls_.set_effective_uid(identity.uid); });
  step("capabilities", !kernel_moves_capabilities(identity),
       [&] { return calls_.set_effective_capabilities(identity.capabilities & own_.capabilities); });
  if (failure == 0) {
    return std::nullopt;
  }
  come_back(identity);
  return errno_error(failure, "the agent cannot switch to uid " + std::to_string(identity.uid) + ": its " + what);
}

// The real uid is still the agent's, so taking it back needs no capability. Restoring groups does, so it comes last.
void Credentials::come_back(const Identity& from) {
  const int kept = errno;
  int failure = 0;
  const auto step = [&](bool needed, auto call) {
    if (failure == 0 && needed) {
      failure = call();
    }
  };
  step(from.uid != own_.uid, [&] { return calls_.set_effective_uid(own_.uid); });
  step(!kernel_moves_capabilities(from), [&] { return calls_.set_effective_capabilities(own_.capabilities); });
  step(from.gid != own_.gid, [&] { return calls_.set_effective_gid(own_.gid); });
  step(!has_own_groups(from), [&] { return calls_.set_groups(own_.groups); });
  if (failure != 0) {
    spdlog::critical("aborting: cannot switch back from uid {}: {}", from.uid,
                     std::generic_category().message(failure));
    std::abort();
  }
  errno = kept;
}

}  // namespace shmbus::agent
