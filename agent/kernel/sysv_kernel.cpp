#include "agent/kernel/sysv_kernel.hpp"

#include <fcntl.h>
#include <sys/shm.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "agent/kernel/host_facts.hpp"
#include "agent/kernel/kernel_error.hpp"
#include "agent/kernel/segment_copy.hpp"

namespace shmbus::agent {
namespace {

constexpr int kMaxCreateTries = 64;

SegmentStat to_stat(ShmId shmid, const shmid_ds& state) {
  const unsigned mode = state.shm_perm.mode;
  return {.shm_key = static_cast<Key>(state.shm_perm.__key),
          .shm_shmid = shmid,
          .shm_segsz = state.shm_segsz,
          .uid = state.shm_perm.uid,
          .gid = state.shm_perm.gid,
          .cuid = state.shm_perm.cuid,
          .cgid = state.shm_perm.cgid,
          .mode = Mode{static_cast<std::uint16_t>(mode & kModeBits)},
          .shm_atime = state.shm_atime,
          .shm_dtime = state.shm_dtime,
          .shm_ctime = state.shm_ctime,
          .shm_cpid = state.shm_cpid,
          .shm_lpid = state.shm_lpid,
          .shm_nattch = state.shm_nattch,
          .marked = (mode & SHM_DEST) != 0,
          .locked = (mode & SHM_LOCKED) != 0};
}

// IPC_INFO and SHM_INFO fill structures of their own through the shmid_ds pointer; see shmctl(2).
shm_info read_shm_info(int* highest_slot = nullptr) {
  shm_info info{};
  const int highest = ::shmctl(0, SHM_INFO, reinterpret_cast<shmid_ds*>(&info));
  if (highest_slot != nullptr) {
    *highest_slot = highest;
  }
  return info;
}

}  // namespace

SysvKernel::SysvKernel()
    : slots_(ipc_slots()), rmid_forced_(::open("/proc/sys/kernel/shm_rmid_forced", O_RDONLY | O_CLOEXEC)) {}

Result<Opened> SysvKernel::create(Key key, std::uint64_t size, Mode mode, bool exclusive) {
  const CreateAttempt attempt{key, size, mode};
  const auto kernel_key = static_cast<key_t>(key);
  // An exclusive creation first tells a created segment from an opened one. Another process may remove the segment
  // between the two calls, so they are repeated.
  for (int tries = 0; tries < kMaxCreateTries; ++tries) {
    const Result<int> created =
        with_rights([&] { return ::shmget(kernel_key, size, IPC_CREAT | IPC_EXCL | mode.bits); });
    int failure = errno;
    if (!created) {
      return created.error();
    }
    if (*created >= 0) {
      return Opened{*created, size, mode, true};
    }
    if (failure != EEXIST) {
      return create_error(failure, attempt, limits(), usage());
    }
    const Result<SegmentStat> existing = look_up(key);
    if (exclusive && existing) {
      return key_exists(attempt, *existing);
    }
    if (exclusive) {
      continue;
    }

    const Result<int> opened = with_rights([&] { return ::shmget(kernel_key, size, mode.bits); });
    failure = errno;
    if (!opened) {
      return opened.error();
    }
    if (*opened >= 0 && existing && existing->shm_shmid == *opened) {
      return Opened{*opened, existing->shm_segsz, existing->mode, false};
    }
    if (*opened < 0 && failure == EINVAL) {
      if (existing && existing->shm_segsz < size) {
        return size_mismatch(attempt, *existing);
      }
    } else if (*opened < 0 && failure != ENOENT) {
      return create_error(failure, attempt, limits(), usage());
    }
  }
  return create_error(ENOENT, attempt, limits(), usage());
}

Result<SegmentStat> SysvKernel::look_up(Key key) {
  const Result<ShmId> shmid = find(key);
  return shmid ? stat_any(*shmid) : shmid.error();
}

Result<ShmId> SysvKernel::find(Key key) {
  const int shmid = ::shmget(static_cast<key_t>(key), 0, 0);
  if (shmid < 0) {
    return key_not_found(key);
  }
  return shmid;
}

Result<SegmentStat> SysvKernel::stat(ShmId shmid) {
  shmid_ds state{};
  Result<void> done = control(shmid, IPC_STAT, &state, "read");
  return done ? Result<SegmentStat>(to_stat(shmid, state)) : std::move(done).error();
}

Result<SegmentStat> SysvKernel::stat_any(ShmId shmid) {
  if (shmid < 0) {
    return segment_error(EINVAL, "read", shmid);
  }
  shmid_ds state{};
  const int found = ::shmctl(shmid % slots_, SHM_STAT_ANY, &state);
  if (found != shmid) {
    return segment_error(found < 0 ? errno : EIDRM, "read", shmid);
  }
  return to_stat(shmid, state);
}

std::vector<SegmentStat> SysvKernel::list() {
  int highest = 0;
  const shm_info info = read_shm_info(&highest);
  std::vector<SegmentStat> segments;
  segments.reserve(static_cast<std::size_t>(info.used_ids));
  for (int slot = 0; slot <= highest; ++slot) {
    shmid_ds state{};
    const int shmid = ::shmctl(slot, SHM_STAT_ANY, &state);
    if (shmid >= 0) {
      segments.push_back(to_stat(shmid, state));
    }
  }
  return segments;
}

Result<void> SysvKernel::set(ShmId shmid, const PermissionChange& change) {
  // Not IPC_STAT, because the owner of a segment of mode 000 may change it but not read it.
  const Result<SegmentStat> now = stat_any(shmid);
  if (!now) {
    return now.error();
  }
  shmid_ds wanted{};
  wanted.shm_perm.uid = change.uid.value_or(now->uid);
  wanted.shm_perm.gid = change.gid.value_or(now->gid);
  wanted.shm_perm.mode = change.mode.value_or(now->mode).bits;
  Result<void> done = control(shmid, IPC_SET, &wanted, "change");
  // EINVAL stands for a missing segment and for an unmapped owner.
  const bool is_refused = !done && done.error().code == ErrorCode::kNotFound && done.error().errno_value == EINVAL;
  if (is_refused && stat_any(shmid)) {
    return unmapped_owner(maps_uid(wanted.shm_perm.uid) ? "gid " + std::to_string(wanted.shm_perm.gid)
                                                        : "uid " + std::to_string(wanted.shm_perm.uid));
  }
  return done;
}

Result<void> SysvKernel::remove(ShmId shmid) { return control(shmid, IPC_RMID, nullptr, "remove"); }

Result<void> SysvKernel::control(ShmId shmid, int command, void* state, std::string_view action) {
  const Result<int> done = with_rights([&] { return ::shmctl(shmid, command, static_cast<shmid_ds*>(state)); });
  if (!done) {
    return done.error();
  }
  return *done == 0 ? Result<void>() : segment_error(errno, action, shmid);
}

Result<Attachment> SysvKernel::attach(ShmId shmid, Access access) {
  if (Result<void> outlives = check_outlives_detach(shmid); !outlives) {
    return std::move(outlives).error();
  }
  const Result<void*> attached =
      with_rights([&] { return ::shmat(shmid, nullptr, access == Access::kReadOnly ? SHM_RDONLY : 0); });
  if (!attached) {
    return attached.error();
  }
  void* const address = *attached;
  if (address == reinterpret_cast<void*>(-1)) {
    return segment_error(errno, "attach", shmid);
  }
  // While it is attached, its id cannot go to another segment.
  const Result<SegmentStat> state = stat_any(shmid);
  if (!state) {
    ::shmdt(address);
    return state.error();
  }
  auto* const mapped = static_cast<std::byte*>(address);
  return Attachment(*this, {.shmid = shmid,
                            .address = mapped,
                            .size = state->shm_segsz,
                            .access = access,
                            .may_lack_pages = may_lack_pages(mapped, state->shm_segsz)});
}

// If another process has it attached, the agent does no harm: the last detach would have destroyed it in any case.
Result<void> SysvKernel::check_outlives_detach(ShmId shmid) {
  if (!last_detach_destroys()) {
    return {};
  }
  const Result<SegmentStat> now = stat_any(shmid);
  if (!now) {
    return now.error();
  }
  return now->shm_nattch == 0 ? destroyed_by_detach(shmid) : Result<void>();
}

Result<void> SysvKernel::copy_out(Mapping& mapping, std::uint64_t offset, std::span<std::byte> into) {
  return files_.read(mapping, offset, into) ? Result<void>() : copy_from_segment(mapping, offset, into);
}

Result<void> SysvKernel::copy_in(const Mapping& mapping, std::uint64_t offset, std::span<const std::byte> from) {
  if (mapping.access == Access::kReadOnly) {
    return read_only_attachment();
  }
  return copy_to_segment(mapping, offset, from);
}

void SysvKernel::detach(const Mapping& mapping) noexcept {
  files_.closes_with(mapping);
  ::shmdt(mapping.address);
}

bool SysvKernel::last_detach_destroys() {
  char digit = '0';
  return ::pread(rmid_forced_.get(), &digit, 1, 0) == 1 && digit == '1';
}

KernelLimits SysvKernel::limits() {
  shminfo info{};
  ::shmctl(0, IPC_INFO, reinterpret_cast<shmid_ds*>(&info));
  return {.shmmax = info.shmmax,
          .shmall = info.shmall,
          .shmmni = info.shmmni,
          .page_size = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)),
          .slots = static_cast<std::uint64_t>(slots_)};
}

KernelUsage SysvKernel::usage() {
  const shm_info info = read_shm_info();
  return {.segments = static_cast<std::uint64_t>(info.used_ids), .pages = info.shm_tot};
}

}  // namespace shmbus::agent
