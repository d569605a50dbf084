#include "agent/transport/handshake_monitor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/agent/transport/guarded_server.hpp"

namespace shmbus::agent {
namespace {

using testing::AnyOf;
using testing::ElementsAre;
using testing::IsEmpty;

class HandshakeMonitorTest : public GuardedServer {
 protected:
  HandshakeMonitorTest() {
    admit_by_key(server, own);
    endpoint = bind();
  }

  void connect_and_wait_for_refusal(MonitoredClient& client) {
    client.socket.connect(endpoint);
    serve_until(
        [&] {
          monitor.read(Clock::now());
          return handler.refused() > 0;
        },
        {monitor.socket()});
  }
  std::string line(const std::string& reason) const { return "rejected a peer at " + endpoint + ": " + reason; }

  std::string endpoint;
  HandshakeMonitor monitor{context, server, handler.refusals()};
};

// Whose end of the connection finds out first, and hangs up, is chance.
TEST_F(HandshakeMonitorTest, TellsOfAClientWithoutAKey) {
  MonitoredClient keyless;
  connect_and_wait_for_refusal(keyless);
  EXPECT_THAT(log.take(), ElementsAre(AnyOf(line("it does not offer CURVE, so it has no key"),
                                            line("it disconnected or fell silent before it presented a key"))));
}

TEST_F(HandshakeMonitorTest, TellsOfAClientWithAPassword) {
  MonitoredClient plain;
  plain.socket.set(zmq::sockopt::plain_username, "ada");
  plain.socket.set(zmq::sockopt::plain_password, "secret");
  connect_and_wait_for_refusal(plain);
  EXPECT_THAT(log.take(), ElementsAre(AnyOf(line("it does not offer CURVE, so it has no key"),
                                            line("it disconnected or fell silent before it presented a key"))));
}

TEST_F(HandshakeMonitorTest, TellsOfAClientThatTakesTheAgentForAnother) {
  MonitoredClient client;
  give_keys(client, ada, eve.public_key);
  connect_and_wait_for_refusal(client);
  EXPECT_THAT(log.take(), ElementsAre(line("it uses a wrong public key for this agent")));
}

TEST_F(HandshakeMonitorTest, LeavesToTheHandlerWhatItAdmitsAndRefuses) {
  MonitoredClient wrong;
  give_keys(wrong, eve, own.public_key);
  EXPECT_EQ(outcome_of(wrong, endpoint), ZMQ_EVENT_HANDSHAKE_FAILED_AUTH);
  wrong.socket.disconnect(endpoint);
  MonitoredClient right;
  give_keys(right, ada, own.public_key);
  EXPECT_EQ(outcome_of(right, endpoint), ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
  log.take();
  const std::uint64_t refused = handler.refused();
  EXPECT_GE(refused, 1U);
  monitor.read(Clock::now());
  EXPECT_EQ(handler.refused(), refused);
  EXPECT_THAT(log.take(), IsEmpty());
}

TEST_F(HandshakeMonitorTest, AnotherMayFollowIt) {
  for (int i = 0; i < 3; ++i) {
    zmq::socket_t other(context, zmq::socket_type::rep);
    const HandshakeMonitor first(context, other, handler.refusals());
  }
  MonitoredClient right;
  give_keys(right, ada, own.public_key);
  EXPECT_EQ(outcome_of(right, endpoint), ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
}

}  // namespace
}  // namespace shmbus::agent
