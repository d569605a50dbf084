// A ShmKernel in memory, with the ids, rights, marks and errors of the real one. It passes the same conformance suite.
// Times come from time(2), and every pid is that of the test process. One thread.
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

  void set_limits(const KernelLimits& limits) { limits_ = limits; }
  void set_last_detach_destroys(bool value) { last_detach_destroys_ = value; }
  // Makes the next call that returns a Result (reads and writes of attachments included) fail with `error` and do
  // nothing.
  void fail_next(Error error);

  // Sets a hook for changes by others at the worst moment. It runs in create() with the id of the new segment, before
  // the caller gets that id.
  void after_create(std::function<void(ShmId)> hook) { after_create_ = std::move(hook); }
  // Returns the number of calls of list().
  [[nodiscard]] int lists() const { return lists_; }

  // uid 0 passes every check. At first the effective ids of the test process apply.
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
