// The kernels under test in the conformance suite: the real one and the fake.
#pragma once

#include <sched.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "agent/kernel/sysv_kernel.hpp"
#include "tests/support/fake_kernel.hpp"

namespace shmbus::agent {

// A kernel together with the conditions that a test sets from outside. A setter returns false if it is not possible on
// this host; the test is then skipped.
class Subject {
 public:
  virtual ~Subject() = default;
  virtual ShmKernel& kernel() = 0;
  virtual bool limit(std::uint64_t shmmni, std::uint64_t shmall) = 0;
  virtual bool destroy_at_last_detach() = 0;

  // Has the kernel act as this user from now on. 0 is root, the user that the tests run as.
  virtual bool become(std::uint32_t uid) {
    identity_ = {.uid = uid, .gid = uid, .groups = {}, .capabilities = 0};
    kernel().act_as(uid == 0 ? nullptr : &identity_);
    return true;
  }

 private:
  Identity identity_;
};

class FakeSubject final : public Subject {
 public:
  ShmKernel& kernel() override { return kernel_; }
  bool limit(std::uint64_t shmmni, std::uint64_t shmall) override {
    KernelLimits limits = kernel_.limits();
    limits.shmmni = shmmni;
    limits.shmall = shmall;
    kernel_.set_limits(limits);
    return true;
  }
  bool destroy_at_last_detach() override {
    kernel_.set_last_detach_destroys(true);
    return true;
  }

 private:
  FakeKernel kernel_;
};

// Moves the process into a new IPC namespace if it is root, so a test has limits and ids of its own.
class SysvSubject final : public Subject {
 public:
  ShmKernel& kernel() override { return kernel_; }
  bool become(std::uint32_t uid) override { return kernel_.credentials().can_switch() && Subject::become(uid); }
  bool limit(std::uint64_t shmmni, std::uint64_t shmall) override {
    return isolated_ && set_sysctl("shmmni", shmmni) && set_sysctl("shmall", shmall);
  }
  bool destroy_at_last_detach() override { return isolated_ && set_sysctl("shm_rmid_forced", 1); }

 private:
  static bool set_sysctl(const std::string& name, std::uint64_t value) {
    return static_cast<bool>(std::ofstream("/proc/sys/kernel/" + name) << value << std::flush);
  }

  const bool isolated_ = ::unshare(CLONE_NEWIPC) == 0;
  SysvKernel kernel_;
};

}  // namespace shmbus::agent
