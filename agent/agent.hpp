// The agent: owns everything and runs the one loop.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>
#include <zmq.hpp>

#include "agent/access/access_files.hpp"
#include "agent/access/authenticator.hpp"
#include "agent/config/config.hpp"
#include "agent/requests/command_server.hpp"
#include "agent/requests/dispatcher.hpp"
#include "agent/system/event_loop.hpp"
#include "agent/system/service_manager.hpp"
#include "agent/system/socket_activation.hpp"
#include "agent/transport/handshake_monitor.hpp"
#include "agent/transport/zap_handler.hpp"
#include "agent/watch/detection.hpp"

namespace shmbus::agent {

// Construct, start(), run(), destroy: all in one thread.
class Agent {
 public:
  // Borrows `kernel`, which acts with `own` rights unless told otherwise, and the `manager` that is told how we are.
  // Throws zmq::error_t if ZeroMQ can't start.
  Agent(Config config, ShmKernel& kernel, const OwnRights& own, AccessFiles files, ServiceManager& manager);
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;
  ~Agent() = default;

  // Starts to watch, looks at the segments for the first time and binds the sockets, those that were passed to where
  // they are bound already. Errors: as bind(); kUnsupported if calls were to be traced and can't be, or if others were
  // to be served and can't be told apart; kBadRequest for a passed socket that is at no endpoint.
  Result<void> start(std::vector<PassedSocket> passed);

  // The endpoints as they are bound, after start().
  [[nodiscard]] const AgentFacts& facts() const { return facts_; }

  // Serves until `next_signal`, asked whenever `signal_descriptor` is readable, says SIGTERM or SIGINT. Then the
  // request in hand is done, what is held is detached and told, and agent/stopping is the last message; returns that
  // signal. At SIGHUP it reads keys and policy again and opens the audit again; what is faulty stays as it was.
  // The service manager is told of all that, and that the loop turns.
  int run(int signal_descriptor, const std::function<int()>& next_signal);

 private:
  Result<void> verify_peer_credentials();
  Result<void> bind_all(std::vector<PassedSocket> passed);
  void watch_handshakes();
  std::string read_files_again();
  [[nodiscard]] std::string status() const;
  void wait_for_all(int signal_descriptor, const std::function<int()>& next_signal);
  void handle_signal(int signal);
  void run_timers();
  void expire_leases(Clock::time_point now);
  void stop();
  [[nodiscard]] Clock::time_point next_due() const;

  const Config config_;
  ShmKernel& kernel_;
  const Identity own_;
  ServiceManager& manager_;
  std::vector<Binding> bindings_;  // before the context, which closes sockets until it is gone
  zmq::context_t context_;
  ZapHandler zap_;  // before the sockets that it guards
  EventLog journal_;
  EventPublisher publisher_;
  std::vector<std::unique_ptr<HandshakeMonitor>> monitors_;
  SegmentFeed feed_;
  Detection detection_;
  Attachments attachments_;
  AgentFacts facts_;
  Authenticator authenticator_;
  Authorizer authorizer_;
  Dispatcher dispatcher_;
  CommandServer server_;
  EventLoop loop_;
  int end_signal_ = 0;  // that ends run(); 0: none yet
  Clock::time_point next_heartbeat_;
  Clock::time_point next_bind_;  // of events that were cut off
};

}  // namespace shmbus::agent
