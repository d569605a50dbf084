// The kernels that the conformance suite asks, each with what a test may do to it from outside.
#pragma once

#include <grp.h>
#include <sched.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "agent/kernel/sysv_kernel.hpp"
#include "tests/support/fake_kernel.hpp"

namespace shmbus::agent {

// A kernel and what a test may do to it from outside; false: not possible here.
class Subject {
 public:
  virtual ~Subject() = default;
  virtual ShmKernel& kernel() = 0;
  virtual bool become(std::uint32_t uid) = 0;  // from root; 0 goes back
  virtual bool limit(std::uint64_t shmmni, std::uint64_t shmall) = 0;
};

class FakeSubject final : public Subject {
 public:
  ShmKernel& kernel() override { return kernel_; }
  bool become(std::uint32_t uid) override {
    kernel_.caller(uid, uid);
    return true;
  }
  bool limit(std::uint64_t shmmni, std::uint64_t shmall) override {
    KernelLimits limits = kernel_.limits();
    limits.shmmni = shmmni;
    limits.shmall = shmall;
    kernel_.set_limits(limits);
    return true;
  }

 private:
  FakeKernel kernel_;
};

// As root every test has a new IPC namespace, with limits and ids of its own.
class SysvSubject final : public Subject {
 public:
  ShmKernel& kernel() override { return kernel_; }
  bool become(std::uint32_t uid) override {
    if (uid == 0) {
      return ::seteuid(0) == 0 && ::setegid(0) == 0;
    }
    return ::setgroups(0, nullptr) == 0 && ::setegid(uid) == 0 && ::seteuid(uid) == 0;
  }
  bool limit(std::uint64_t shmmni, std::uint64_t shmall) override {
    return isolated_ && set_sysctl("shmmni", shmmni) && set_sysctl("shmall", shmall);
  }

 private:
  static bool set_sysctl(const std::string& name, std::uint64_t value) {
    return static_cast<bool>(std::ofstream("/proc/sys/kernel/" + name) << value << std::flush);
  }

  const bool isolated_ = ::unshare(CLONE_NEWIPC) == 0;
  SysvKernel kernel_;
};

}  // namespace shmbus::agent
