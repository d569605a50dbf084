#include "agent/access/local_callers.hpp"

#include "agent/kernel/host_facts.hpp"
#include "agent/system/process.hpp"

namespace shmbus::agent {
namespace {

constexpr std::chrono::seconds kFreshFor{1};
constexpr std::size_t kMostKnown = 4096;

Error refused(const std::string& message, const std::string& hint) {
  return {.code = ErrorCode::kPermissionDenied, .message = message, .hint = hint};
}

// The kernel reports pid 0 for a peer in a pid namespace that is not below ours.
bool can_be_seen(const Caller& caller) { return *caller.pid > 0; }

}  // namespace

const Result<Caller>& LocalCallers::find(std::string_view peer_address, Transport transport, Clock::time_point now) {
  KnownCallers& known = transport == Transport::kPrivate ? known_at_private_ : known_;
  auto found = known.find(peer_address);
  if (found != known.end() && now - found->second.looked < kFreshFor) {
    return found->second.caller;
  }
  if (found == known.end()) {
    if (known.size() >= kMostKnown) {
      known.clear();
    }
    found = known.emplace(peer_address, CachedCaller{}).first;
  }
  CachedCaller& cached = found->second;
  cached.caller = look(peer_address, transport, cached.start_time);
  cached.looked = now;
  return cached.caller;
}

Result<Caller> LocalCallers::look(std::string_view peer_address, Transport transport,
                                  std::optional<std::uint64_t>& start_time) const {
  std::optional<Caller> caller = caller_from_peer_address(peer_address);
  if (!caller) {
    return refused("the caller cannot be identified", "connect to an ipc endpoint of this host");
  }
  if (Result<void> checked = check(*caller, transport); !checked) {
    return std::move(checked).error();
  }
  if (!can_be_seen(*caller)) {
    caller->pid.reset();
  }
  const std::optional<ProcessRights> rights = caller->pid ? process_rights(*caller->pid) : std::nullopt;
  const bool is_there =
      rights && rights->identity.uid == *caller->uid && (!start_time || *start_time == rights->start_time);
  if (is_there) {
    start_time = rights->start_time;
    caller->comm = process_name(*caller->pid);
    const std::optional<bool> shares = shares_our_segments(*caller->pid);
    if (!shares.value_or(true)) {
      return Error{.code = ErrorCode::kUnsupported,
                   .message = "process " + std::to_string(*caller->pid) +
                              " is in another IPC namespace, where the same ids and keys name other segments",
                   .hint = "run an agent in that namespace"};
    }
    if (!shares && own_.can_switch && *caller->uid != own_.identity.uid) {
      return refused("the IPC namespace of process " + std::to_string(*caller->pid) + " cannot be determined",
                     "the agent needs CAP_SYS_PTRACE to determine it");
    }
  }
  // If the process is gone, only its ids are known. Capabilities are passed on only for root of our user namespace.
  const bool is_root = is_there && *caller->uid == 0 && shares_our_users(*caller->pid).value_or(false);
  caller->identity = own_.can_switch ? Identity{.uid = *caller->uid, .gid = *caller->gid} : own_.identity;
  if (own_.can_switch && is_there) {
    caller->identity->groups = rights->identity.groups;
  }
  caller->identity->capabilities = is_root ? rights->identity.capabilities : 0;
  return *std::move(caller);
}

Result<void> LocalCallers::check(const Caller& caller, Transport transport) const {
  if (!can_be_seen(caller) && !(transport == Transport::kPrivate && *caller.uid == own_.identity.uid)) {
    return refused("the caller's process is not visible to the agent: it is in another pid namespace",
                   "run the agent in the host's pid namespace");
  }
  if (*caller.uid == overflow_uid() && !maps_all_uids()) {
    return refused(
        "uid " + std::to_string(*caller.uid) + " stands for every user that is not mapped into this user namespace",
        "run the agent in the host's user namespace");
  }
  const bool is_own = *caller.uid == own_.identity.uid || *caller.uid == 0;
  if (!own_.can_switch && !is_own) {
    return refused("the agent serves its own uid " + std::to_string(own_.identity.uid) +
                       " only: it cannot act as uid " + std::to_string(*caller.uid),
                   "acting as other users requires root, or CAP_SETUID and CAP_SETGID");
  }
  return {};
}

}  // namespace shmbus::agent
