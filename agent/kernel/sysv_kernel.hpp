// The real kernel: System V shared memory of this process's IPC namespace. The only user of <sys/shm.h>.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "agent/kernel/segment_file.hpp"
#include "agent/kernel/shm_kernel.hpp"

namespace shmbus::agent {

class SysvKernel final : public ShmKernel {
 public:
  SysvKernel();

  // Whether act_as() can take on other users' ids.
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
  Result<SegmentStat> look_up(Key key);
  // shmctl(2) with the rights of whom we act as; `state` is its shmid_ds, `action` as in segment_error().
  Result<void> control(ShmId shmid, int command, void* state, std::string_view action);
  Result<void> check_outlives_detach(ShmId shmid);

  // Makes one system call with the rights of whom we act as.
  template <class Call>
  auto with_rights(Call call) -> Result<decltype(call())> {
    return identity_ == nullptr ? Result<decltype(call())>(call()) : credentials_.run_as(*identity_, call);
  }

  CredentialCalls credential_calls_;
  Credentials credentials_{credential_calls_};
  const Identity* identity_ = nullptr;
  const ShmId slots_;  // an id is its slot plus a multiple of this
  const UniqueFd rmid_forced_;
  SegmentFiles files_;
};

}  // namespace shmbus::agent
