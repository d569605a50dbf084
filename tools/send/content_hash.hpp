// The XXH3-128 hash of a stream of bytes, for --hash. It detects data that was damaged or mixed up on the way. It is
// not cryptographic: an adversary can construct two contents with the same hash.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace shmbus {

// Accumulates bytes in constant memory. The result depends on their order alone, not on how they are split into pieces.
// Not thread-safe.
class ContentHash {
 public:
  ContentHash();
  ~ContentHash();
  ContentHash(const ContentHash&) = delete;
  ContentHash& operator=(const ContentHash&) = delete;

  void add(std::string_view bytes);

  // Returns the hash of all bytes so far in 32 lowercase hex digits, as `xxhsum -H2` prints it. More bytes may follow.
  [[nodiscard]] std::string hex() const;

 private:
  struct State;  // keeps xxhash.h out of this header
  std::unique_ptr<State> state_;
};

}  // namespace shmbus
