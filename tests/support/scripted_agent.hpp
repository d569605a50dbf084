// An agent that says what the test tells it to say: a ROUTER for commands and an XPUB for events, on ipc, served by a
// thread of its own. It keeps what it is asked, and answers sync subscriptions as an agent does.
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

inline constexpr std::uint64_t kEpoch = 5133;  // of its life
// For what is answered at once, so that a busy machine is not a failure.
inline constexpr std::chrono::milliseconds kPatience{30'000};

// The reply of an agent at `epoch` and `seq` to `request`.
[[nodiscard]] std::string reply_to(const DecodedRequest& request, std::variant<OperationResult, Error> outcome,
                                   std::uint64_t epoch, std::uint64_t seq = 0);

// The operation that was asked for, or null.
template <class R>
[[nodiscard]] const R* asked(const DecodedRequest& request) {
  const Request* const whole = std::get_if<Request>(&request.request);
  return whole == nullptr ? nullptr : std::get_if<R>(&whole->operation);
}

class ScriptedAgent {
 public:
  // The frames to send, each as a reply of its own, for the `nth` request that came (from 1). Runs in the agent's
  // thread, so it captures values, and what it shares with the test is touched in do_in_thread() alone.
  using Handler = std::function<std::vector<std::string>(const DecodedRequest& request, int nth)>;

  explicit ScriptedAgent(Handler handler);
  ScriptedAgent(const ScriptedAgent&) = delete;
  ScriptedAgent& operator=(const ScriptedAgent&) = delete;
  ScriptedAgent(ScriptedAgent&&) = delete;
  ScriptedAgent& operator=(ScriptedAgent&&) = delete;
  ~ScriptedAgent();  // stops

  [[nodiscard]] Endpoint commands() const { return {"ipc://" + directory_.file("commands.sock"), {"the script"}}; }
  [[nodiscard]] Endpoint events() const { return {"ipc://" + directory_.file("events.sock"), {"the script"}}; }

  // The rest returns when it is done: messages are handed to ZeroMQ then, in this order.
  void answer_by(Handler handler);
  void answer_sync_with(std::uint64_t epoch, std::uint64_t seq);
  void publish(std::string_view topic, std::string_view body);
  void send_to_sender_of(int nth, const std::vector<std::string>& frames);  // envelope included
  void do_in_thread(const std::function<void()>& task);

  // The requests that came so far, without envelope; the sync topics that were subscribed to.
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

  // Of the agent's thread.
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
