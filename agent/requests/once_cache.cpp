#include "agent/requests/once_cache.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace shmbus::agent {
namespace {

// Keeps 128 bits of a request that may be a megabyte long. With a collision a principal only deceives itself.
std::string fingerprint_of(std::string_view operation) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(operation.data(), operation.size()));
  return {reinterpret_cast<const char*>(canonical.digest), sizeof canonical.digest};
}

}  // namespace

OnceCache::OnceCache(const Limits& limits, std::size_t most_values, std::size_t most_bytes)
    : lifetime_(limits.once_lifetime), most_values_(most_values), most_bytes_(most_bytes) {}

Result<const EncodedOutcome*> OnceCache::find(const std::string& principal, const std::string& once,
                                              std::string_view operation, std::size_t most_bytes,
                                              Clock::time_point now) {
  forget_expired(now);
  static const Memory nothing;
  const auto remembered = memories_.find(principal);
  const Memory& memory = remembered == memories_.end() ? nothing : remembered->second;
  if (const auto found = memory.by_value.find(once); found != memory.by_value.end()) {
    if (found->second.fingerprint != fingerprint_of(operation)) {
      return Error{.code = ErrorCode::kBadRequest,
                   .message = "once: this value was already used for a different request"};
    }
    return &found->second.outcome;
  }
  if (memory.by_value.size() >= most_values_ || memory.bytes + most_bytes > most_bytes_) {
    return Error{.code = ErrorCode::kLimitReached,
                 .message = principal + " has " + std::to_string(memory.by_value.size()) + " of at most " +
                            std::to_string(most_values_) + " once values with " + std::to_string(memory.bytes) +
                            " of at most " + std::to_string(most_bytes_) + " bytes remembered",
                 .hint = "a value is forgotten after " + std::to_string(lifetime_.count()) + " s"};
  }
  return nullptr;
}

void OnceCache::remember(const std::string& principal, const std::string& once, std::string_view operation,
                         const EncodedOutcome& outcome, Clock::time_point now) {
  Memory& memory = memories_[principal];
  memory.bytes += outcome.bytes.size();
  memory.by_value[once] = {fingerprint_of(operation), outcome};
  expiries_.push_back({now + lifetime_, principal, once});
}

void OnceCache::forget_expired(Clock::time_point now) {
  for (; !expiries_.empty() && expiries_.front().when <= now; expiries_.pop_front()) {
    const Expiry& expiry = expiries_.front();
    const auto memory = memories_.find(expiry.principal);
    const auto remembered = memory->second.by_value.find(expiry.once);
    memory->second.bytes -= remembered->second.outcome.bytes.size();
    memory->second.by_value.erase(remembered);
    if (memory->second.by_value.empty()) {
      memories_.erase(memory);
    }
  }
}

}  // namespace shmbus::agent
