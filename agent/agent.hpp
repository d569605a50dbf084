// The agent: owns everything and runs the one loop.
#pragma once

#include <memory>
#include <string>
#include <vector>
#include <zmq.hpp>

#include "agent/access/admission.hpp"
#include "agent/command_socket.hpp"
#include "agent/config.hpp"
#include "agent/dispatcher.hpp"
#include "agent/watch/detection.hpp"

namespace shmbus::agent {

// Construct, start(), run(), destroy: all in one thread.
class Agent {
 public:
  // Borrows `kernel`, which acts with `own` rights unless told otherwise. Throws zmq::error_t if ZeroMQ can't start.
  Agent(Config config, ShmKernel& kernel, const OwnRights& own);
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;
  ~Agent() = default;

  // Starts to watch, looks at the segments for the first time and binds the sockets. Errors: as bind(), and
  // kUnsupported if calls were to be traced and can't be, or if others were to be served and can't be told apart.
  Result<void> start();

  // The endpoints as they are bound, after start().
  [[nodiscard]] const AgentFacts& facts() const { return facts_; }

  // Serves until `exit_descriptor` becomes readable (any descriptor that poll(2) takes; it is not read). Then the
  // request in hand is done, what is held is detached and told, and agent/stopping is the last message.
  void run(int exit_descriptor);

 private:
  Result<void> find_out_who_asks();
  Result<void> bind_all();
  void serve_requests(CommandSocket& socket);
  void do_what_is_due(Clock::time_point now);
  void expire_leases(Clock::time_point now);
  void stop();
  [[nodiscard]] std::chrono::milliseconds time_to_next(Clock::time_point now) const;

  const Config config_;
  std::vector<Binding> bindings_;  // before the context, which closes sockets until it is gone
  zmq::context_t context_;
  EventJournal journal_;
  EventPublisher publisher_;
  std::vector<std::unique_ptr<CommandSocket>> commands_;
  SegmentFeed feed_;
  Detection detection_;
  Attachments attachments_;
  AgentFacts facts_;
  Admission admission_;
  Dispatcher dispatcher_;
  Clock::time_point next_heartbeat_;
};

}  // namespace shmbus::agent
