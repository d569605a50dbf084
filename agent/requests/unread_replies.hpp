// Counts the replies that clients have not read yet.
#pragma once

#include <atomic>
#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "agent/config/limits.hpp"
#include "agent/transport/connection_limiter.hpp"

namespace shmbus::agent {

// The bytes of all replies to one principal that libzmq holds. A message adds its size when it is made, and subtracts
// it when libzmq frees it, in libzmq's own thread.
struct UnreadBytes {
  std::atomic<std::size_t> bytes{0};
};

// libzmq bounds the replies that wait for one connection by their number only. A principal that opens many connections,
// or reads large pieces, and never takes the replies could fill the agent's memory. So the bytes are counted for each
// principal. The connections that got replies while much was unread are remembered; beyond the limit all of them are
// cut, which frees their replies. One thread, except for UnreadBytes.
class UnreadReplies {
 public:
  explicit UnreadReplies(std::size_t most_bytes = kMaxUnreadBytes) : most_bytes_(most_bytes) {}

  // Returns the counter for the messages of a principal. Throws std::bad_alloc.
  [[nodiscard]] std::shared_ptr<UnreadBytes> counter_of(const std::string& principal);

  // Returns whether so much is unread that the next reply has to be reported by sending().
  [[nodiscard]] bool is_much(const UnreadBytes& unread) const { return unread.bytes > most_bytes_ / kMuch; }

  // Reports that `connection` gets another reply. Returns the connections to cut if the limit is exceeded, else none.
  // Throws std::bad_alloc.
  [[nodiscard]] std::vector<ConnectionId> sending(const std::string& principal, const ConnectionId& connection);

  // Forgets the principals that have read everything.
  void forget_idle();

  [[nodiscard]] std::size_t principals() const { return by_principal_.size(); }

 private:
  static constexpr std::size_t kMuch = 8;  // of the limit, one eighth

  struct Principal {
    std::shared_ptr<UnreadBytes> unread = std::make_shared<UnreadBytes>();
    std::set<ConnectionId> connections = {};  // that got replies while much was unread
  };

  const std::size_t most_bytes_;
  std::map<std::string, Principal> by_principal_;
};

}  // namespace shmbus::agent
