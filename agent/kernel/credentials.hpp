// Acts as somebody else for the length of one system call, in the calling thread alone. The raw calls are used because
// glibc's wrappers switch every thread. Sources: credentials(7), capabilities(7), setresuid(2).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "protocol/result.hpp"

namespace shmbus::agent {

// Capabilities as a mask: bit n is the one with number n in <linux/capability.h>.
using CapabilitySet = std::uint64_t;

// Whose rights a call is made with: effective ids, supplementary groups, effective capabilities.
struct Identity {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;
  CapabilitySet capabilities = 0;

  bool operator==(const Identity&) const = default;
};

// The four system calls by which a thread changes who it is; each returns 0 or an errno. Tests let them fail.
class CredentialCalls {
 public:
  CredentialCalls();
  CredentialCalls(const CredentialCalls&) = delete;
  CredentialCalls& operator=(const CredentialCalls&) = delete;
  virtual ~CredentialCalls() = default;

  virtual int set_groups(const std::vector<gid_t>& groups);
  virtual int set_effective_gid(gid_t gid);
  virtual int set_effective_uid(uid_t uid);
  virtual int set_effective_capabilities(CapabilitySet effective);  // of the permitted ones, which stay

  [[nodiscard]] CapabilitySet permitted() const { return permitted_; }

 private:
  CapabilitySet permitted_;
  CapabilitySet inheritable_;
};

// The identity of the thread that made it, and the way to another one and back. One thread.
class Credentials {
 public:
  // Borrows `calls`. A thread that may switch gives up supplementary groups, if its effective one is all it has, so
  // that for callers of whom the same is true none have to be set. Throws std::system_error if it can't be asked who it
  // is.
  explicit Credentials(CredentialCalls& calls);

  [[nodiscard]] const Identity& own() const { return own_; }

  // Whether other users' ids can be taken on, and the way back works: tried once, in the constructor.
  [[nodiscard]] bool can_switch() const { return can_switch_; }

  // Runs `call` as `identity`, with no more capabilities than our own, and gives what it returned; errno is that of
  // the call. Without can_switch() only capabilities can be dropped. Errors, nothing having been called:
  // kPermissionDenied if we may not become `identity`, else kInternal. If the way back fails the process ends: it must
  // not go on as somebody else.
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

  // Whether its supplementary groups are ours, as far as the kernel's checks can tell.
  [[nodiscard]] bool has_own_groups(const Identity& identity) const;
  // Nothing would change, or nothing that matters: who passes every check needs no groups.
  [[nodiscard]] bool is_own(const Identity& identity) const;
  // The kernel takes root's capabilities from a thread that stops being root, and gives them back to one that returns.
  [[nodiscard]] bool kernel_moves_capabilities(const Identity& identity) const;
  [[nodiscard]] bool try_switch();
  [[nodiscard]] bool try_switch_to(std::uint32_t id);
  std::optional<Error> become(const Identity& identity);
  void come_back(const Identity& from);  // keeps errno

  CredentialCalls& calls_;
  const Identity own_;
  const bool can_switch_;
};

}  // namespace shmbus::agent
