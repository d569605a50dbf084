// The kernel's twin in memory: the same ids, rights, marks and errors, without a kernel. Passes the conformance suite.
// Its clock is time(2), its pid ours.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "agent/kernel/shm_kernel.hpp"

namespace shmbus::agent {

class FakeKernel final : public ShmKernel {
 public:
  FakeKernel();

  // Knobs.
  void set_limits(const KernelLimits& limits) { limits_ = limits; }
  void set_last_detach_destroys(bool value) { last_detach_destroys_ = value; }
  // The next call that returns a Result, copies of attachments included, returns `error` and does nothing.
  void fail_next(Error error);

  // Called with the id of each segment that create() made, before it returns: what others do at the worst moment.
  void after_create(std::function<void(ShmId)> hook) { after_create_ = std::move(hook); }
  // How often everything was listed.
  [[nodiscard]] int lists() const { return lists_; }

  // uid 0 passes every check. Our effective ids at first.
  void act_as(const Identity* identity) override;
  Result<Opened> create(Key key, std::uint64_t size, Mode mode, bool exclusive) override;
  Result<ShmId> find(Key key) override;
  Result<SegmentStat> stat(ShmId shmid) override;
  Result<SegmentStat> stat_any(ShmId shmid) override;
  std::vector<SegmentStat> list() override;
  Result<void> set(ShmId shmid, const PermissionChange& change) override;
  Result<void> remove(ShmId shmid) override;
  Result<Attachment> attach(ShmId shmid, Access access) override;
  [[nodiscard]] bool last_detach_destroys() override { return last_detach_destroys_; }
  [[nodiscard]] bool knows_last_detach() override { return true; }
  [[nodiscard]] KernelLimits limits() override { return limits_; }
  [[nodiscard]] KernelUsage usage() override;

 private:
  struct Segment {
    SegmentStat stat;
    std::vector<std::byte> bytes;  // empty until the first attachment
  };

  Result<void> copy_out(Mapping& mapping, std::uint64_t offset, std::span<std::byte> into) override;
  Result<void> copy_in(const Mapping& mapping, std::uint64_t offset, std::span<const std::byte> from) override;
  void detach(const Mapping& mapping) noexcept override;
  [[nodiscard]] std::optional<Error> take_failure();
  [[nodiscard]] Segment* segment(ShmId shmid);
  [[nodiscard]] bool grants(const SegmentStat& stat, unsigned wanted) const;
  [[nodiscard]] bool owns(const SegmentStat& stat) const;
  [[nodiscard]] ShmId next_id();

  std::map<ShmId, Segment> segments_;
  std::optional<Error> next_failure_;
  KernelLimits limits_;
  std::uint32_t uid_;
  std::uint32_t gid_;
  ShmId last_slot_ = -1;
  ShmId sequence_ = 0;
  std::function<void(ShmId)> after_create_;
  int lists_ = 0;
  bool last_detach_destroys_ = false;
};

}  // namespace shmbus::agent
