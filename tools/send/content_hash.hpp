// XXH3-128 of bytes as they pass: no proof against an adversary, enough to see that what arrived is what was sent.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace shmbus {

class ContentHash {
 public:
  ContentHash();
  ~ContentHash();
  ContentHash(const ContentHash&) = delete;
  ContentHash& operator=(const ContentHash&) = delete;

  void add(std::string_view bytes);

  // Of all so far, in hex, as `xxhsum -H2` shows it.
  [[nodiscard]] std::string hex() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace shmbus
