// Acts as another user for the length of one system call, in the calling thread alone. It makes the raw system calls,
// because glibc's wrappers switch every thread of the process. Sources: credentials(7), capabilities(7), setresuid(2).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "protocol/result.hpp"

namespace shmbus::agent {

// A set of capabilities as a mask: bit n is the one with number n in <linux/capability.h>.
using CapabilitySet = std::uint64_t;

// An identity that the kernel checks calls against: effective ids, supplementary groups, effective capabilities.
struct Identity {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;
  CapabilitySet capabilities = 0;

  bool operator==(const Identity&) const = default;
};

// Makes the four system calls by which a thread changes its identity. Each affects the calling thread alone and returns
// 0 or an errno. The functions are virtual so that tests can make them fail.
class CredentialCalls {
 public:
  // Reads the capability sets of the calling thread. Throws std::system_error if capget(2) fails.
  CredentialCalls();
  CredentialCalls(const CredentialCalls&) = delete;
  CredentialCalls& operator=(const CredentialCalls&) = delete;
  virtual ~CredentialCalls() = default;

  virtual int set_groups(const std::vector<gid_t>& groups);
  virtual int set_effective_gid(gid_t gid);
  virtual int set_effective_uid(uid_t uid);
  virtual int set_effective_capabilities(CapabilitySet effective);  // ignores bits that are not permitted

  // Returns the permitted capabilities of the thread when this object was made.
  [[nodiscard]] CapabilitySet permitted() const { return permitted_; }

 private:
  CapabilitySet permitted_;
  CapabilitySet inheritable_;
};

// Knows the identity of the thread that constructed it, and switches that thread to another identity and back. Only
// that thread may use it.
//
// The idea: only the effective ids and capabilities and the groups change. The real uid and the permitted capabilities
// stay, and they are all that the way back needs. Steps that would change nothing are skipped.
class Credentials {
 public:
  // Borrows `calls`, which must outlive it. If the thread may switch, drops the supplementary groups if the only one is
  // the effective group, so that switching to a caller in the same position needs no setgroups(2). Sets
  // PR_SET_KEEPCAPS. Throws std::system_error if the kernel does not report the thread's identity.
  explicit Credentials(CredentialCalls& calls);

  // Returns the identity of the thread, without the groups that the constructor dropped.
  [[nodiscard]] const Identity& own() const { return own_; }

  // Returns whether the thread can take on other users' ids and come back. The constructor tried it once.
  [[nodiscard]] bool can_switch() const { return can_switch_; }

  // Runs `call` as `identity` and returns its result; errno is that of the call. The call never gets capabilities that
  // the thread itself lacks. Without can_switch(), use it only to drop capabilities. Borrows `identity`.
  //
  // Errors, all before anything is called: kPermissionDenied if the thread may not take on `identity`, usually
  // kInternal otherwise. The thread comes back even if `call` throws. If the way back fails, the process aborts: it
  // must not go on as another user.
  template <class Call>
  auto run_as(const Identity& identity, Call call) -> Result<decltype(call())> {
    if (is_own(identity)) {
      return call();
    }
    if (std::optional<Error> failed = become(identity)) {
      return *std::move(failed);
    }
    const Return way_back(*this, identity);
    return call();
  }

 private:
  // Takes the thread back to its own identity when the call returns or throws.
  class Return {
   public:
    Return(Credentials& credentials, const Identity& from) : credentials_(credentials), from_(from) {}
    Return(const Return&) = delete;
    Return& operator=(const Return&) = delete;
    ~Return() { credentials_.come_back(from_); }

   private:
    Credentials& credentials_;
    const Identity& from_;
  };

  // Returns whether the kernel's checks cannot tell the groups of `identity` from the thread's own.
  [[nodiscard]] bool has_own_groups(const Identity& identity) const;
  // Returns whether a switch would make no difference: the same ids, no capability to drop, and the same groups. Groups
  // do not count if the thread has the capabilities to pass every check without them.
  [[nodiscard]] bool is_own(const Identity& identity) const;
  // Returns whether the kernel itself moves the capabilities, so that no capset(2) is needed. It clears the effective
  // ones when the effective uid leaves 0, and restores them from the permitted ones when it is 0 again.
  [[nodiscard]] bool kernel_moves_capabilities(const Identity& identity) const;
  // Tries to switch and come back, see can_switch().
  [[nodiscard]] bool try_switch();
  [[nodiscard]] bool try_switch_to(std::uint32_t id);
  // Switches to `identity`. Returns the first failure; the thread then has its own identity again.
  std::optional<Error> become(const Identity& identity);
  void come_back(const Identity& from);  // keeps errno; aborts if a step fails

  CredentialCalls& calls_;
  const Identity own_;
  const bool can_switch_;
};

}  // namespace shmbus::agent
