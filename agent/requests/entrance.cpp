#include "agent/requests/entrance.hpp"

#include <utility>

namespace shmbus::agent {
namespace {

constexpr std::size_t kAtOnce = 32;  // requests that are taken from the queue before the first of them is carried out

}  // namespace

Entrance::Entrance(zmq::context_t& context, Endpoint endpoint, const Limits& limits, Answer answer)
    : socket_(context, std::move(endpoint), limits),
      answer_(std::move(answer)),
      requests_per_turn_(limits.requests_per_turn),
      turn_(limits.turn),
      hold_(limits.hold) {}

bool Entrance::serve() {
  Clock::time_point now = Clock::now();
  const Clock::time_point end_of_turn = now + turn_;
  Clock::time_point send_by = had_several_ ? now + hold_ : now;
  std::size_t served = 0;
  bool more_may_wait = true;
  while (more_may_wait && served < requests_per_turn_ && now < end_of_turn) {
    const std::optional<Received> request = socket_.receive(served > 0 || had_several_ ? kAtOnce : 1);
    if (!request) {
      more_may_wait = socket_.send_replies();
      continue;
    }
    ++served;
    if (request->parts > 0) {
      socket_.reply(answer_(socket_.endpoint(), *request, now));
    }
    now = Clock::now();
    if (now >= send_by) {
      socket_.send_replies();
      send_by = now + hold_;
    }
  }
  socket_.send_replies();
  had_several_ = served > 1;
  return more_may_wait;
}

}  // namespace shmbus::agent
