// A fixture with a dispatcher on the fake kernel and a subscriber to its events. One thread; time stands still until a
// test moves `now`.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <zmq.hpp>

#include "agent/requests/dispatcher.hpp"
#include "protocol/codec/events.hpp"
#include "protocol/codec/replies.hpp"
#include "protocol/codec/requests.hpp"
#include "tests/support/fake_kernel.hpp"

namespace shmbus::agent {

inline constexpr std::uint64_t kEpoch = 5133;
inline constexpr Key kKey = 5679;
inline constexpr const char* kHost = "db1.london.example.net";
inline constexpr std::size_t kReplayBytes = std::size_t{64} << 10;

[[nodiscard]] SegmentRef by_key(Key key);
[[nodiscard]] SegmentRef by_id(ShmId shmid);
[[nodiscard]] SegmentRef by_both(Key key, ShmId shmid);

[[nodiscard]] Request request_of(Operation operation);
// Returns the request with a `once` value, always the same one.
[[nodiscard]] Request once(Operation operation);
[[nodiscard]] BatchItem item(Operation operation);

[[nodiscard]] ReadRequest read_of(ShmId shmid);
[[nodiscard]] WriteRequest write_of(ShmId shmid, std::string_view data);

[[nodiscard]] std::vector<EventKind> kinds_of(const std::vector<Event>& events);

// Calls the dispatcher directly: no command socket and no authentication, so a test sets `caller` itself. Events travel
// over an inproc socket.
class AgentFixture : public ::testing::Test {
 protected:
  AgentFixture();
  ~AgentFixture() override;

  // Returns the bytes of the reply to the bytes of a request.
  std::string handle(const std::string& frame);
  // The same by another dispatcher.
  std::string handle(Dispatcher& by, const std::string& frame, std::string_view endpoint);
  static std::string bytes_of(ReplyBuffer& reply) { return reply.message(std::make_shared<UnreadBytes>()).to_string(); }

  // Returns the decoded reply to a request; fails the test if it cannot be decoded.
  Reply send(const Request& whole);
  Reply request(Operation operation);

  // Return the result of an operation that must succeed, or the error of one that must fail. Otherwise they fail the
  // test and return a default value.
  template <class R>
  typename R::Result done(const R& operation) {
    OperationResult result = done_any(operation);
    auto* const expected = std::get_if<typename R::Result>(&result);
    return expected == nullptr ? typename R::Result{} : std::move(*expected);
  }
  Error failure(Operation operation);
  static Error error_in(const Reply& reply);

  ShmId create(Key key = kKey, std::uint64_t size = 100);

  BatchResult batch(std::vector<BatchItem> items, bool stop_on_error = true);

  // Returns the events published since the last call, after checking that each came on its own topic.
  std::vector<Event> events();

  FakeKernel kernel;
  Limits limits;
  zmq::context_t context;
  EventLog journal{kHost, kEpoch, kReplayBytes};
  EventPublisher publisher{context, limits, journal};
  SegmentFeed feed{kernel, publisher};
  Attachments attachments{limits};
  AgentFacts facts;
  const SegmentLookup known = [this](ShmId shmid) { return feed.watcher().known(shmid); };
  Authorizer authorizer{AuthorizerFiles{}, attachments, known};
  Dispatcher dispatcher{kernel, feed, attachments, publisher, authorizer, facts, limits};
  Caller caller{.principal = "uid:1000", .uid = 1000, .gid = 1000, .pid = {}, .key_name = {}, .identity = {}};
  RateLimiter* rate = nullptr;  // charged for requests; null: no limit
  Clock::time_point now{std::chrono::hours(1)};

 private:
  // Fails the test and returns an arbitrary result if the operation does not succeed.
  OperationResult done_any(Operation operation);

  zmq::socket_t subscriber_{context, zmq::socket_type::sub};
};

}  // namespace shmbus::agent
