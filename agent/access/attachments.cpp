#include "agent/access/attachments.hpp"

#include <algorithm>

#include "protocol/endpoint/random.hpp"

namespace shmbus::agent {

Attachments::Attachments(const Limits& limits) : limits_(limits) {}

Result<void> Attachments::has_room(const std::string& principal) const {
  const std::size_t own = count_of(principal);
  if (own >= limits_.attachments_per_principal) {
    return Error{.code = ErrorCode::kLimitReached,
                 .message = principal + " holds " + std::to_string(own) + " of at most " +
                            std::to_string(limits_.attachments_per_principal) + " attachments",
                 .hint = "detach some of them, or raise the agent's --max-attachments-per-principal"};
  }
  if (held_.size() >= limits_.attachments) {
    return Error{.code = ErrorCode::kLimitReached,
                 .message = "the agent holds " + std::to_string(held_.size()) + " of at most " +
                            std::to_string(limits_.attachments) + " attachments",
                 .hint = "detach some of them, or raise the agent's --max-attachments"};
  }
  return {};
}

std::chrono::milliseconds Attachments::lease_for(std::uint64_t asked_ms) const {
  return std::min<std::chrono::milliseconds>(std::chrono::milliseconds(asked_ms), limits_.lease);
}

HeldAttachment& Attachments::add(HeldAttachment held, Clock::time_point now) {
  do {
    held.id = random_53_bits();
  } while (held_.contains(held.id));
  ++count_by_principal_[held.holder.principal];
  held.deadline = now + held.lease;
  by_deadline_.emplace(held.deadline, held.id);
  const AttachmentId id = held.id;
  return held_.emplace(id, std::move(held)).first->second;
}

Result<HeldAttachment*> Attachments::use(AttachmentId id, const std::string& principal, Clock::time_point now) {
  const auto found = held_.find(id);
  if (found == held_.end() || found->second.holder.principal != principal || found->second.deadline <= now) {
    return Error{.code = ErrorCode::kNotFound,
                 .message = "attachment " + std::to_string(id) + " is not held by " + principal,
                 .hint = "its lease may have expired; attach again"};
  }
  HeldAttachment& held = found->second;
  auto node = by_deadline_.extract({held.deadline, id});
  held.deadline = now + held.lease;
  node.value().first = held.deadline;
  by_deadline_.insert(std::move(node));
  return &held;
}

const HeldAttachment* Attachments::find(AttachmentId id, const std::string& principal) const {
  const auto found = held_.find(id);
  return found == held_.end() || found->second.holder.principal != principal ? nullptr : &found->second;
}

std::size_t Attachments::count_of(const std::string& principal) const {
  const auto found = count_by_principal_.find(principal);
  return found == count_by_principal_.end() ? 0 : found->second;
}

std::optional<HeldAttachment> Attachments::release(AttachmentId id) {
  auto node = held_.extract(id);
  if (node.empty()) {
    return std::nullopt;
  }
  HeldAttachment& held = node.mapped();
  by_deadline_.erase({held.deadline, id});
  const auto count = count_by_principal_.find(held.holder.principal);
  if (--count->second == 0) {
    count_by_principal_.erase(count);
  }
  return std::move(held);
}

std::vector<HeldAttachment> Attachments::release_segment(ShmId shmid, const std::string& principal) {
  std::vector<HeldAttachment> released;
  for (auto next = held_.begin(); next != held_.end();) {
    const auto& [id, held] = *next++;
    if (held.shmid == shmid && held.holder.principal == principal) {
      released.push_back(*release(id));
    }
  }
  return released;
}

std::vector<HeldAttachment> Attachments::release_expired(Clock::time_point now) {
  std::vector<HeldAttachment> released;
  while (!by_deadline_.empty() && by_deadline_.begin()->first <= now) {
    released.push_back(*release(by_deadline_.begin()->second));
  }
  return released;
}

std::vector<HeldAttachment> Attachments::release_all() { return release_expired(Clock::time_point::max()); }

std::optional<Clock::time_point> Attachments::next_deadline() const {
  return by_deadline_.empty() ? std::nullopt : std::optional(by_deadline_.begin()->first);
}

}  // namespace shmbus::agent
