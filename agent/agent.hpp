// An agent: the object that owns every part of the running program, and the loop that drives them.
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

// Runs one loop in one thread. Each turn waits until a descriptor is ready or the next timer is due. It then does the
// work that is ready, always in the same order: signals, traced calls, timers, new connections (ZAP), requests, failed
// handshakes, subscriptions. Requests get a bounded time per turn (Limits::turn), so timers and events keep going under
// load. No part takes a lock, because ZeroMQ's I/O thread only moves bytes; ConnectionLimiter, which that thread calls,
// has a mutex of its own.
//
// Construct, start(), run() and destroy an agent in the same thread, each once. Destruction closes the sockets, ends
// the ZeroMQ context (which waits up to Limits::linger for the last messages to leave) and then removes the socket
// files.
class Agent {
 public:
  // Binds nothing yet. Borrows `kernel` and `manager`, which must outlive the agent. `kernel` acts with the agent's own
  // rights, described by `own`, except for an operation that runs as its caller. `manager` gets the status of the
  // program. Throws zmq::error_t if ZeroMQ cannot start, std::system_error if the loop gets no descriptors.
  Agent(Config config, ShmKernel& kernel, const OwnRights& own, AccessFiles files, ServiceManager& manager);
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;
  ~Agent() = default;

  // Starts detection, reads all segments once as the baseline, which publishes nothing, and binds the sockets: those
  // for events first, then those for commands. An endpoint whose path is that of a `passed` socket uses that socket.
  // After an error the agent can only be destroyed. Errors:
  //  - as bind();
  //  - kUnsupported if tracing was demanded and is not available, or if other users would be served and libzmq does not
  //    report the credentials of peers;
  //  - kBadRequest for a passed socket that belongs to no endpoint.
  Result<void> start(std::vector<PassedSocket> passed);

  // The endpoints as bound (a TCP port `*` has its number), the time of the start and the mode of detection. Complete
  // after start().
  [[nodiscard]] const AgentFacts& facts() const { return facts_; }

  // Publishes agent/started, then serves until SIGTERM or SIGINT, and returns that signal. Calls `next_signal` whenever
  // `signal_descriptor` (a signalfd(2)) is readable; it returns the number of one signal, or 0 if there is none.
  //
  // SIGHUP reads the keys and the policy again and reopens the audit. A faulty file is logged, and its previous content
  // stays in force. At the end no further request is served, held attachments are detached and published as such, and
  // agent/stopping is the last message. The service manager gets each of these states, and a regular sign that the loop
  // still turns. Throws zmq::error_t or std::system_error if the loop itself fails.
  int run(int signal_descriptor, const std::function<int()>& next_signal);

 private:
  // Checks that libzmq reports the credentials of local peers. If it does not, and only a socket that no other user can
  // reach is served, all peers are taken to be the agent's own user.
  Result<void> verify_peer_credentials();
  Result<void> bind_all(std::vector<PassedSocket> passed);
  void watch_handshakes();
  // Returns the faults as text for the status; empty if there are none.
  std::string read_files_again();
  [[nodiscard]] std::string status() const;
  // Adds everything that wakes the loop, with its work, in the order in which the work is done.
  void wait_for_all(int signal_descriptor, const std::function<int()>& next_signal);
  void handle_signal(int signal);
  // Does the work of each timer that is due. It may be called early: each timer compares its time with the clock.
  void run_timers();
  void expire_leases(Clock::time_point now);
  void stop();
  // Returns when the first timer is due, which is the heartbeat at the latest.
  [[nodiscard]] Clock::time_point next_due() const;

  const Config config_;
  ShmKernel& kernel_;
  const Identity own_;
  ServiceManager& manager_;
  // Before the context, so that the socket files outlive it: it closes sockets until it is gone.
  std::vector<Binding> bindings_;
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
  int end_signal_ = 0;  // the signal that ends run(); 0: none yet
  Clock::time_point next_heartbeat_;
  Clock::time_point next_bind_;  // the next try to bind an events socket that disconnected its subscribers
};

}  // namespace shmbus::agent
