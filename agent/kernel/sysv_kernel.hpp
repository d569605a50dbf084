// A ShmKernel that makes the real calls, in the IPC namespace of this process. The only user of <sys/shm.h>.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "agent/kernel/segment_file.hpp"
#include "agent/kernel/shm_kernel.hpp"

namespace shmbus::agent {

// Only the thread that constructed it may use it, because its Credentials switch that thread.
class SysvKernel final : public ShmKernel {
 public:
  // Tries to switch identities once, and opens kernel.shm_rmid_forced. Throws std::system_error if the kernel does not
  // report the identity of the thread.
  SysvKernel();

  // Returns the agent's own identity, and whether act_as() can take on other users' ids.
  [[nodiscard]] const Credentials& credentials() const { return credentials_; }

  void act_as(const Identity* identity) override { identity_ = identity; }
  Result<Opened> create(Key key, std::uint64_t size, Mode mode, bool exclusive) override;
  Result<ShmId> find(Key key) override;
  Result<SegmentStat> stat(ShmId shmid) override;
  Result<SegmentStat> stat_any(ShmId shmid) override;
  std::vector<SegmentStat> list() override;
  Result<void> set(ShmId shmid, const PermissionChange& change) override;
  Result<void> remove(ShmId shmid) override;
  Result<Attachment> attach(ShmId shmid, Access access) override;
  [[nodiscard]] bool last_detach_destroys() override;
  [[nodiscard]] bool knows_last_detach() override { return rmid_forced_.valid(); }
  [[nodiscard]] KernelLimits limits() override;
  [[nodiscard]] KernelUsage usage() override;

 private:
  Result<void> copy_out(Mapping& mapping, std::uint64_t offset, std::span<std::byte> into) override;
  Result<void> copy_in(const Mapping& mapping, std::uint64_t offset, std::span<const std::byte> from) override;
  void detach(const Mapping& mapping) noexcept override;
  // Returns the state of the segment that has `key`, without any right.
  Result<SegmentStat> look_up(Key key);
  // Calls shmctl(2) with the rights of act_as(). `state` points to a shmid_ds or is null; `action` is as in
  // segment_error().
  Result<void> control(ShmId shmid, int command, void* state, std::string_view action);
  // Returns kUnsupported if the segment would not survive an attach and a detach by the agent.
  Result<void> check_outlives_detach(ShmId shmid);

  // Makes one system call with the rights of act_as(). errno is that of the call.
  template <class Call>
  auto with_rights(Call call) -> Result<decltype(call())> {
    return identity_ == nullptr ? Result<decltype(call())>(call()) : credentials_.run_as(*identity_, call);
  }

  CredentialCalls credential_calls_;
  Credentials credentials_{credential_calls_};
  const Identity* identity_ = nullptr;  // borrowed; null: the agent's own
  const ShmId slots_;                   // an id is its slot plus a multiple of this
  const UniqueFd rmid_forced_;          // read again at each call
  SegmentFiles files_;
};

}  // namespace shmbus::agent
