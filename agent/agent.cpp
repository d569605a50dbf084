#include "agent/agent.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <ctime>

#include "agent/random.hpp"
#include "protocol/limits.hpp"
#include "protocol/text.hpp"

namespace shmbus::agent {
namespace {

std::string host_name() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  gethostname(name.data(), name.size() - 1);
  return escape_foreign(name.data());
}

// The next time on a grid of `interval` after `now`, so that a late turn is not followed by several at once.
Clock::time_point after(Clock::time_point due, std::chrono::milliseconds interval, Clock::time_point now) {
  return due + interval > now ? due + interval : now + interval;
}

}  // namespace

Agent::Agent(Config config, ShmKernel& kernel)
    : config_(std::move(config)),
      journal_(host_name(), random_53_bits(), config_.limits.replay_bytes),
      publisher_(context_, config_.limits, journal_),
      commands_(context_, config_.limits),
      feed_(kernel, publisher_),
      detection_(config_, feed_),
      attachments_(config_.limits),
      dispatcher_(kernel, feed_, attachments_, publisher_, facts_, config_.limits) {}

Result<void> Agent::start() {
  if (Result<void> watching = detection_.start(); !watching) {
    return watching;
  }
  feed_.take_baseline();
  facts_.started = std::time(nullptr);
  facts_.detection = {detection_.mode(), detection_.reason(),
                      static_cast<std::uint64_t>(detection_.interval().count())};
  const auto keep = [this](Result<std::vector<Binding>> bound, std::vector<std::string>& endpoints) -> Result<void> {
    if (!bound) {
      return std::move(bound).error();
    }
    for (Binding& binding : *bound) {
      endpoints.push_back(binding.endpoint);
      bindings_.push_back(std::move(binding));
    }
    return {};
  };
  if (Result<void> events = keep(publisher_.bind(config_.events), facts_.events); !events) {
    return events;
  }
  return keep(commands_.bind(config_.commands), facts_.commands);
}

void Agent::run(int exit_descriptor) {
  std::array<zmq_pollitem_t, 4> items{zmq_pollitem_t{commands_.socket().handle(), 0, ZMQ_POLLIN, 0},
                                      zmq_pollitem_t{publisher_.socket().handle(), 0, ZMQ_POLLIN, 0},
                                      zmq_pollitem_t{nullptr, exit_descriptor, ZMQ_POLLIN, 0},
                                      zmq_pollitem_t{nullptr, detection_.descriptor(), ZMQ_POLLIN, 0}};
  const auto& [requests, subscriptions, exit, calls] = items;
  next_heartbeat_ = Clock::now() + limits::kHeartbeatInterval;
  publisher_.notify(kStartedTopic);
  while (exit.revents == 0) {
    try {
      zmq::poll(items.data(), items.size() - (detection_.listens() ? 0 : 1), time_to_next(Clock::now()));
    } catch (const zmq::error_t& error) {
      if (error.num() != EINTR) {
        throw;
      }
      continue;
    }
    if (detection_.listens() && calls.revents != 0) {
      detection_.wake(Clock::now());
    }
    do_what_is_due(Clock::now());  // before the requests, so that none of them meets a lease that is over
    if (subscriptions.revents != 0) {
      publisher_.answer_subscriptions();
    }
    if (requests.revents != 0) {
      serve_requests();
    }
  }
  stop();
}

void Agent::serve_requests() {
  Clock::time_point now = Clock::now();
  const Clock::time_point end_of_turn = now + config_.limits.turn;
  for (std::size_t served = 0; served < config_.limits.requests_per_turn && now < end_of_turn; ++served) {
    const std::optional<Received> request = commands_.receive();
    if (!request) {
      return;
    }
    commands_.send(request->parts == 1 ? dispatcher_.handle(request->frame, request->caller, now)
                                       : dispatcher_.refuse_parts(request->parts));
    now = Clock::now();
  }
}

void Agent::do_what_is_due(Clock::time_point now) {
  expire_leases(now);
  detection_.do_what_is_due(now);
  if (now >= next_heartbeat_) {
    publisher_.notify(kHeartbeatTopic);
    next_heartbeat_ = after(next_heartbeat_, limits::kHeartbeatInterval, now);
  }
}

void Agent::expire_leases(Clock::time_point now) {
  std::vector<HeldAttachment> expired = attachments_.release_expired(now);
  for (const HeldAttachment& held : expired) {
    spdlog::debug("the lease of {} on shmid {} expired", held.holder.principal, held.shmid);
  }
  end_leases(feed_, std::move(expired));
}

void Agent::stop() {
  end_leases(feed_, attachments_.release_all());
  publisher_.notify(kStoppingTopic);
}

std::chrono::milliseconds Agent::time_to_next(Clock::time_point now) const {
  Clock::time_point next = next_heartbeat_;
  next = std::min(next, detection_.next().value_or(next));
  next = std::min(next, attachments_.next_deadline().value_or(next));
  return std::max(std::chrono::ceil<std::chrono::milliseconds>(next - now), std::chrono::milliseconds(0));
}

}  // namespace shmbus::agent
