// An agent for tests of clients, which sends the replies and events that the test scripts. It has a ROUTER for commands
// and an XPUB for events, both on ipc, served by a thread of its own. It records requests and answers sync
// subscriptions as a real agent does.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <variant>
#include <vector>
#include <zmq.hpp>

#include "protocol/client/endpoints.hpp"
#include "protocol/codec/requests.hpp"
#include "tests/support/event_flag.hpp"
#include "tests/support/temporary_directory.hpp"

namespace shmbus {

inline constexpr std::uint64_t kEpoch = 5133;
// A timeout for steps that take no time, generous so that a busy machine does not fail a test.
inline constexpr std::chrono::milliseconds kPatience{30'000};

// Returns the bytes of the reply that an agent at `epoch` and `seq` gives to `request`.
[[nodiscard]] std::string reply_to(const DecodedRequest& request, std::variant<OperationResult, Error> outcome,
                                   std::uint64_t epoch, std::uint64_t seq = 0);

// Returns the requested operation if it is an R, else null.
template <class R>
[[nodiscard]] const R* asked(const DecodedRequest& request) {
  const Request* const whole = std::get_if<Request>(&request.request);
  return whole == nullptr ? nullptr : std::get_if<R>(&whole->operation);
}

class ScriptedAgent {
 public:
  // Returns the replies, a frame each, to the `nth` request (from 1). It runs in the agent's thread: let it capture
  // values, and let the test touch anything shared with it only in do_in_thread().
  using Handler = std::function<std::vector<std::string>(const DecodedRequest& request, int nth)>;

  explicit ScriptedAgent(Handler handler);
  ScriptedAgent(const ScriptedAgent&) = delete;
  ScriptedAgent& operator=(const ScriptedAgent&) = delete;
  ScriptedAgent(ScriptedAgent&&) = delete;
  ScriptedAgent& operator=(ScriptedAgent&&) = delete;
  ~ScriptedAgent();  // ends the thread and waits for it

  [[nodiscard]] Endpoint commands() const { return {"ipc://" + directory_.file("commands.sock"), {"the script"}}; }
  [[nodiscard]] Endpoint events() const { return {"ipc://" + directory_.file("events.sock"), {"the script"}}; }

  // For any thread but the agent's own. Each call returns when the agent's thread has carried it out, so messages are
  // with ZeroMQ by then, in the order of the calls.
  void answer_by(Handler handler);
  void answer_sync_with(std::uint64_t epoch, std::uint64_t seq);
  void publish(std::string_view topic, std::string_view body);
  void send_to_sender_of(int nth, const std::vector<std::string>& frames);  // envelope included
  void do_in_thread(const std::function<void()>& task);

  // Return the requests received so far, without envelope, and the sync topics that were subscribed to.
  [[nodiscard]] std::vector<std::string> requests();
  [[nodiscard]] std::vector<std::string> sync_topics();

 private:
  struct Received {
    std::string route;
    std::string frame;
  };

  void run();
  void serve_requests();
  void serve_subscriptions();
  void send(const std::string& route, const std::vector<std::string>& frames);

  const TemporaryDirectory directory_;
  zmq::context_t context_;
  zmq::socket_t router_{context_, zmq::socket_type::router};
  zmq::socket_t xpub_{context_, zmq::socket_type::xpub};

  // Used by the agent's thread only.
  Handler handler_;
  std::uint64_t epoch_ = 1;
  std::uint64_t seq_ = 0;
  bool stopping_ = false;
  std::vector<Received> received_;
  std::vector<std::string> sync_topics_;

  EventFlag has_task_;
  std::mutex mutex_;
  std::condition_variable task_done_;
  const std::function<void()>* task_ = nullptr;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace shmbus
