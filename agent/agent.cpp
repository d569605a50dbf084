#include "agent/agent.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <ctime>
#include <new>
#include <utility>

#include "agent/kernel/host_facts.hpp"
#include "agent/system/names.hpp"
#include "agent/transport/peer_check.hpp"
#include "protocol/endpoint/random.hpp"
#include "protocol/limits.hpp"
#include "protocol/message_memory.hpp"

namespace shmbus::agent {
namespace {

constexpr std::chrono::milliseconds kBindPause{10};  // between two attempts to bind an address again
constexpr std::size_t kFewRequests = 100;            // per heartbeat: with fewer, freeing memory delays no client

// Returns when a timer that was due at `due` is due again. One that is late skips the times that it missed.
Clock::time_point after(Clock::time_point due, std::chrono::milliseconds interval, Clock::time_point now) {
  return due + interval > now ? due + interval : now + interval;
}

Identity without_capabilities(Identity identity) {
  identity.capabilities = 0;
  return identity;
}

// Returns the identity that anonymous callers are served as.
Identity nobody() {
  constexpr uid_t kUsualId = 65534;
  const Result<Identity> named = user_named("nobody");
  return without_capabilities(named ? *named : Identity{.uid = kUsualId, .gid = kUsualId, .groups = {}});
}

Config with_keys(Config config, const std::optional<CurvePair>& keys) {
  config.commands_access.keys = keys;
  config.events_access.keys = keys;
  return config;
}

}  // namespace

Agent::Agent(Config config, ShmKernel& kernel, const OwnRights& own, AccessFiles files, ServiceManager& manager)
    : config_(with_keys(std::move(config), files.own_keys)),
      kernel_(kernel),
      own_(own.identity),
      manager_(manager),
      zap_(context_, std::move(files.authorized_keys)),
      journal_(host_name(), random_53_bits(), config_.limits.replay_bytes),
      publisher_(context_, config_.limits, journal_),
      feed_(kernel, publisher_),
      detection_(config_, feed_),
      attachments_(config_.limits),
      authenticator_(own, own.can_switch ? nobody() : without_capabilities(own.identity),
                     config_.limits.requests_per_second, zap_.ring()),
      authorizer_(std::move(files.authorizer), attachments_,
                  [this](ShmId shmid) { return feed_.watcher().known(shmid); }),
      dispatcher_(kernel, feed_, attachments_, publisher_, authorizer_, facts_, config_.limits),
      server_(context_, authenticator_, dispatcher_, config_.limits) {}

Result<void> Agent::start(std::vector<PassedSocket> passed) {
  if (Result<void> told = verify_peer_credentials(); !told) {
    return told;
  }
  if (Result<void> watching = detection_.start(); !watching) {
    return watching;
  }
  feed_.take_baseline();
  for (const std::string& warning : warnings_of(kernel_)) {
    spdlog::warn("{}", warning);
  }
  facts_.started = std::time(nullptr);
  facts_.detection = {detection_.mode(), detection_.reason(),
                      static_cast<std::uint64_t>(detection_.interval().count())};
  return bind_all(std::move(passed));
}

// If the kernel does not vouch for the peer, only a socket that no other user can reach is safe to serve.
Result<void> Agent::verify_peer_credentials() {
  const bool serves_others = config_.serves(Transport::kLocal);
  if (!serves_others && !config_.serves(Transport::kPrivate)) {
    return {};
  }
  Result<void> told = check_peer_address(context_);
  if (!told && !serves_others) {
    spdlog::warn("serving uid {} only: {}", geteuid(), told.error().message);
    authenticator_.take_peers_for(own_.uid == 0 ? own_ : without_capabilities(own_));
    return {};
  }
  return told;
}

Result<void> Agent::bind_all(std::vector<PassedSocket> passed) {
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
    if (Result<void> bound =
            keep(publisher_.bind(endpoint, config_.events_access, take_at(path_of_endpoint(address), passed)),
                 facts_.events);
        !bound) {
      return bound;
    }
  }
  for (const std::string& address : config_.commands) {
    if (Result<void> bound = keep(server_.bind(config_.commands_at(address), config_.commands_access,
                                               take_at(path_of_endpoint(address), passed)),
                                  facts_.commands);
        !bound) {
      return bound;
    }
  }
  if (Result<void> taken = all_taken(passed); !taken) {
    return taken;
  }
  if (config_.tcp() == TcpMode::kCurve) {
    watch_handshakes();
  }
  return {};
}

// libzmq rejects some peers without asking the ZAP handler; these still have to reach the log.
void Agent::watch_handshakes() {
  const auto watch = [this](zmq::socket_ref socket) {
    monitors_.push_back(std::make_unique<HandshakeMonitor>(context_, socket, zap_.refusals()));
  };
  for (CommandServer::Socket& command_socket : server_.sockets()) {
    if (command_socket.endpoint.transport == Transport::kCurve) {
      watch(command_socket.socket);
    }
  }
  for (EventPublisher::EventSocket& event_socket : publisher_.sockets()) {
    if (event_socket.endpoint.transport == Transport::kCurve) {
      watch(event_socket.socket);
    }
  }
}

void Agent::wait_for_all(int signal_descriptor, const std::function<int()>& next_signal) {
  const auto add_socket = [this](zmq::socket_ref socket, EventLoop::Work work, std::function<bool()> pending = {}) {
    loop_.add_socket(socket.get(zmq::sockopt::fd), std::move(work), std::move(pending));
  };
  loop_.add_descriptor(signal_descriptor, [this, next_signal] { handle_signal(next_signal()); });
  loop_.add_descriptor(
      detection_.descriptor(), [this] { detection_.wake(Clock::now()); }, [this] { return detection_.listens(); });
  // Before the requests, so that no request uses an attachment whose lease has expired.
  loop_.add_when_due([this] { run_timers(); });
  add_socket(zap_.socket(), [this] { return zap_.answer(Clock::now()); });
  for (std::size_t i = 0; i < server_.sockets().size(); ++i) {
    add_socket(server_.sockets()[i].socket, [this, i] { return end_signal_ == 0 && server_.serve(i); });
  }
  for (const auto& monitor : monitors_) {
    add_socket(monitor->socket(), [&monitor = *monitor] { return monitor.read(Clock::now()); });
  }
  // Last, because everything above may publish.
  for (EventPublisher::EventSocket& event_socket : publisher_.sockets()) {
    const auto answer = [this, &event_socket] {
      publisher_.answer_subscriptions(event_socket, Clock::now());
      return event_socket.pending;
    };
    add_socket(event_socket.socket, answer, [&event_socket] { return event_socket.pending; });
  }
}

int Agent::run(int signal_descriptor, const std::function<int()>& next_signal) {
  wait_for_all(signal_descriptor, next_signal);
  next_heartbeat_ = Clock::now() + limits::kHeartbeatInterval;
  publisher_.notify(kStartedTopic);
  manager_.ready(status());
  while (end_signal_ == 0) {
    try {
      loop_.run_once(next_due());
    } catch (const std::bad_alloc&) {  // the loop calls again whatever was broken off
      spdlog::error("no memory; what was read is read again");
      detection_.doubt(Clock::now());
    }
  }
  stop();
  return end_signal_;
}

void Agent::handle_signal(int signal) {
  if (signal == SIGHUP) {
    manager_.reloading(Clock::now());
    const std::string faults = read_files_again();
    manager_.ready(status() + faults);
  } else if (signal == SIGTERM || signal == SIGINT) {
    end_signal_ = signal;
  }
}

std::string Agent::read_files_again() {
  std::string faults;
  const auto kept = [&faults](const Error& error) {
    spdlog::error("the previous version stays in force: {}", error.message);
    faults += "; the previous version stays in force: " + error.message;
  };
  if (config_.tcp() == TcpMode::kCurve) {
    if (Result<AuthorizedKeys> ring = AuthorizedKeys::load(config_.curve_keys)) {
      zap_.use(*std::move(ring));
      publisher_.disconnect_key_holders();  // a holder whose key was revoked gets no more events
      spdlog::info("reloaded {} keys", zap_.ring().size());
    } else {
      kept(ring.error());
    }
  }
  if (!config_.policy.empty()) {
    if (Result<std::optional<Policy>> policy = read_policy(config_)) {
      authorizer_.use(*std::move(policy));
      spdlog::info("reloaded the policy");
    } else {
      kept(policy.error());
    }
  }
  if (const Result<void> reopened = authorizer_.reopen_audit(); !reopened) {
    kept(reopened.error());
  }
  spdlog::info("reloaded the files");
  return faults;
}

std::string Agent::status() const {
  std::string endpoints;
  for (const std::string& address : facts_.commands) {
    endpoints += (endpoints.empty() ? "" : " ") + address;
  }
  return "serving " + endpoints + ", detection " + facts_.detection.mode;
}

void Agent::run_timers() {
  const Clock::time_point now = Clock::now();
  manager_.keep_alive(now);
  expire_leases(now);
  detection_.run_timers(now);
  if (publisher_.has_disconnected() && now >= next_bind_) {
    publisher_.bind_again();
    next_bind_ = now + kBindPause;
  }
  authorizer_.flush_audit(now);
  if (now >= next_heartbeat_) {
    publisher_.notify(kHeartbeatTopic);
    server_.forget_idle();
    if (server_.take_served() < kFewRequests) {
      give_back_message_memory();
    }
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
  manager_.stopping("releasing attachments");
  end_leases(feed_, attachments_.release_all());
  authorizer_.flush_audit(Clock::time_point::max());
  publisher_.notify(kStoppingTopic);
}

Clock::time_point Agent::next_due() const {
  Clock::time_point next = next_heartbeat_;
  next = std::min(next, detection_.next().value_or(next));
  next = std::min(next, attachments_.next_deadline().value_or(next));
  next = publisher_.has_disconnected() ? std::min(next, next_bind_) : next;
  next = std::min(next, authorizer_.next_deadline().value_or(next));
  next = std::min(next, manager_.next().value_or(next));
  return next;
}

}  // namespace shmbus::agent
