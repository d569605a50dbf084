#include "agent/agent.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <ctime>
#include <filesystem>

#include "agent/access/peer_check.hpp"
#include "agent/access/users.hpp"
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

Agent::Agent(Config config, ShmKernel& kernel, const OwnRights& own)
    : config_(std::move(config)),
      journal_(host_name(), random_53_bits(), config_.limits.replay_bytes),
      publisher_(context_, config_.limits, journal_),
      feed_(kernel, publisher_),
      detection_(config_, feed_),
      attachments_(config_.limits),
      admission_(own, own.can_switch ? std::optional(nobody()) : std::nullopt, config_.limits.requests_per_second),
      dispatcher_(kernel, feed_, attachments_, publisher_, facts_, config_.limits) {}

Result<void> Agent::start() {
  if (Result<void> told = find_out_who_asks(); !told) {
    return told;
  }
  if (Result<void> watching = detection_.start(); !watching) {
    return watching;
  }
  feed_.take_baseline();
  facts_.started = std::time(nullptr);
  facts_.detection = {detection_.mode(), detection_.reason(),
                      static_cast<std::uint64_t>(detection_.interval().count())};
  return bind_all();
}

// Without the kernel's word on who asks, only a socket that nobody else can reach may be served.
Result<void> Agent::find_out_who_asks() {
  bool serves_others = false;
  std::string path;
  for (const std::string& address : config_.commands) {
    const Endpoint endpoint = config_.commands_at(address);
    serves_others = serves_others || endpoint.transport == Transport::kLocal;
    path = path.empty() ? path_of_endpoint(address) : path;
  }
  if (path.empty()) {
    return {};
  }
  Result<void> told = check_peer_address(context_, std::filesystem::path(path).parent_path());
  if (!told && !serves_others) {
    spdlog::warn("serving uid {} only: {}", geteuid(), told.error().message);
    admission_.take_peers_for_own_user();
    return {};
  }
  return told;
}

Result<void> Agent::bind_all() {
  const auto keep = [this](Result<Binding> bound, std::vector<std::string>& endpoints) -> Result<void> {
    if (!bound) {
      return std::move(bound).error();
    }
    endpoints.push_back(bound->endpoint);
    bindings_.push_back(*std::move(bound));
    return {};
  };
  for (const std::string& address : config_.events) {
    const Endpoint endpoint = config_.events_at(address);
    if (Result<void> bound = keep(publisher_.bind(endpoint, config_.events_access), facts_.events); !bound) {
      return bound;
    }
  }
  for (const std::string& address : config_.commands) {
    commands_.push_back(CommandSocket::make(context_, config_.commands_at(address), config_.limits));
    if (Result<void> bound = keep(commands_.back()->bind(config_.commands_access), facts_.commands); !bound) {
      return bound;
    }
  }
  return {};
}

void Agent::run(int exit_descriptor) {
  const auto readable = [](void* socket, int descriptor) { return zmq_pollitem_t{socket, descriptor, ZMQ_POLLIN, 0}; };
  std::vector<zmq_pollitem_t> items{readable(nullptr, exit_descriptor)};
  const std::size_t first_command = items.size();
  for (const auto& socket : commands_) {
    items.push_back(readable(socket->socket().handle(), 0));
  }
  const std::size_t first_events = items.size();
  for (zmq::socket_t& socket : publisher_.sockets()) {
    items.push_back(readable(socket.handle(), 0));
  }
  items.push_back(readable(nullptr, detection_.descriptor()));
  next_heartbeat_ = Clock::now() + limits::kHeartbeatInterval;
  publisher_.notify(kStartedTopic);
  while (items.front().revents == 0) {
    const bool listens = detection_.listens();
    try {
      zmq::poll(items.data(), items.size() - (listens ? 0 : 1), time_to_next(Clock::now()));
    } catch (const zmq::error_t& error) {
      if (error.num() != EINTR) {
        throw;
      }
      continue;
    }
    if (listens && items.back().revents != 0) {
      detection_.wake(Clock::now());
    }
    do_what_is_due(Clock::now());  // before the requests, so that none of them meets a lease that is over
    const auto came = [](const zmq_pollitem_t& item) { return item.revents != 0; };
    if (std::any_of(items.begin() + static_cast<std::ptrdiff_t>(first_events), items.end() - 1, came)) {
      publisher_.answer_subscriptions();
    }
    for (std::size_t i = 0; i < commands_.size(); ++i) {
      if (came(items[first_command + i])) {
        serve_requests(*commands_[i]);
      }
    }
  }
  stop();
}

void Agent::serve_requests(CommandSocket& socket) {
  Clock::time_point now = Clock::now();
  const Clock::time_point end_of_turn = now + config_.limits.turn;
  for (std::size_t served = 0; served < config_.limits.requests_per_turn && now < end_of_turn; ++served) {
    const std::optional<Received> request = socket.receive();
    if (!request) {
      return;
    }
    if (request->parts == 1) {
      const Result<Caller>& caller = admission_.admit(socket.endpoint().transport, request->peer, now);
      socket.send(dispatcher_.handle(request->frame, caller, now));
    } else {
      socket.send(dispatcher_.refuse_parts(request->parts));
    }
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
