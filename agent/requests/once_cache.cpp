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

Result<const EncodedOutcome*> OnceCache::begin(const std::string& principal, const std::string& once,
                                               std::string_view operation, std::size_t most_bytes,
                                               Clock::time_point now) {
  forget_expired(now);
  static const Memory nothing;
  const auto known = memories_.find(principal);
  const Memory& own = known == memories_.end() ? nothing : known->second;
  if (const auto found = own.by_value.find(once); found != own.by_value.end()) {
    if (found->second.fingerprint != fingerprint_of(operation)) {
      return Error{.code = ErrorCode::kBadRequest,
                   .message = "once: this value was already used for a different request"};
    }
    if (!found->second.expiry.empty()) {
      return Error{.code = ErrorCode::kBusy, .message = "once: this request is still being carried out"};
    }
    return &found->second.outcome;
  }
  if (own.by_value.size() >= most_values_ || own.bytes + most_bytes > most_bytes_) {
    return Error{.code = ErrorCode::kLimitReached,
                 .message = principal + " has " + std::to_string(own.by_value.size()) + " of at most " +
                            std::to_string(most_values_) + " once values with " + std::to_string(own.bytes) +
                            " of at most " + std::to_string(most_bytes_) + " bytes remembered",
                 .hint = "a value is forgotten after " + std::to_string(lifetime_.count()) + " s"};
  }
  Remembered begun{.fingerprint = fingerprint_of(operation), .outcome = {}, .bytes = most_bytes, .expiry = {}};
  begun.outcome.bytes.reserve(most_bytes);
  begun.expiry.push_back({.when = {}, .principal = principal, .once = once});
  const auto memory = memories_.try_emplace(principal).first;
  try {
    memory->second.by_value.emplace(once, std::move(begun));
  } catch (...) {
    if (memory->second.by_value.empty()) {
      memories_.erase(memory);
    }
    throw;
  }
  memory->second.bytes += most_bytes;
  return nullptr;
}

const EncodedOutcome& OnceCache::remember(const std::string& principal, const std::string& once,
                                          const std::variant<OperationResult, Error>& outcome, Clock::time_point now) {
  Memory& memory = memories_.at(principal);
  Remembered& own = memory.by_value.at(once);
  encode_outcome(outcome, own.outcome);
  try {
    own.outcome.bytes.shrink_to_fit();
  } catch (const std::bad_alloc&) {  // it keeps the memory that it has
  }
  memory.bytes += own.outcome.bytes.size() - own.bytes;
  own.bytes = own.outcome.bytes.size();
  own.expiry.front().when = now + lifetime_;
  expiries_.splice(expiries_.end(), own.expiry);
  return own.outcome;
}

void OnceCache::forget(const std::string& principal, const std::string& once) {
  const auto memory = memories_.find(principal);
  if (memory == memories_.end()) {
    return;
  }
  const auto found = memory->second.by_value.find(once);
  if (found != memory->second.by_value.end() && !found->second.expiry.empty()) {
    erase(principal, once);
  }
}

void OnceCache::forget_expired(Clock::time_point now) {
  for (; !expiries_.empty() && expiries_.front().when <= now; expiries_.pop_front()) {
    erase(expiries_.front().principal, expiries_.front().once);
  }
}

void OnceCache::erase(const std::string& principal, const std::string& once) {
  const auto memory = memories_.find(principal);
  const auto remembered = memory->second.by_value.find(once);
  memory->second.bytes -= remembered->second.bytes;
  memory->second.by_value.erase(remembered);
  if (memory->second.by_value.empty()) {
    memories_.erase(memory);
  }
}

}  // namespace shmbus::agent
