#include "agent/watch/process_attachments.hpp"

namespace shmbus::agent {

void ProcessAttachments::attach(std::int32_t pid, std::uint64_t address, ShmId shmid) {
  by_process_[pid][address] = shmid;
}

std::optional<ShmId> ProcessAttachments::at(std::int32_t pid, std::uint64_t address) const {
  const auto process = by_process_.find(pid);
  if (process == by_process_.end()) {
    return std::nullopt;
  }
  const auto mapping = process->second.find(address);
  return mapping == process->second.end() ? std::nullopt : std::optional(mapping->second);
}

std::optional<ShmId> ProcessAttachments::detach(std::int32_t pid, std::uint64_t address) {
  const std::optional<ShmId> shmid = at(pid, address);
  if (shmid) {
    Mappings& mappings = by_process_[pid];
    mappings.erase(address);
    if (mappings.empty()) {
      by_process_.erase(pid);
    }
  }
  return shmid;
}

ProcessAttachments::Counts ProcessAttachments::fork(std::int32_t pid, std::int32_t child) {
  const auto process = by_process_.find(pid);
  if (process == by_process_.end()) {
    return {};
  }
  const Mappings inherited = process->second;  // a copy, because the next line may rehash
  by_process_[child] = inherited;
  return count(inherited);
}

ProcessAttachments::Counts ProcessAttachments::leave(std::int32_t pid) {
  const auto process = by_process_.find(pid);
  if (process == by_process_.end()) {
    return {};
  }
  Counts counts = count(process->second);
  by_process_.erase(process);
  return counts;
}

std::vector<std::int32_t> ProcessAttachments::processes() const {
  std::vector<std::int32_t> pids;
  pids.reserve(by_process_.size());
  for (const auto& [pid, mappings] : by_process_) {
    pids.push_back(pid);
  }
  return pids;
}

ProcessAttachments::Counts ProcessAttachments::count(const Mappings& mappings) {
  Counts counts;
  for (const auto& [address, shmid] : mappings) {
    ++counts[shmid];
  }
  return counts;
}

}  // namespace shmbus::agent
