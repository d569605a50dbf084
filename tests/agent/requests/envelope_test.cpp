#include <functional>

#include "tests/agent/requests/command_server_fixture.hpp"

namespace shmbus::agent {
namespace {

class AnEnvelope : public CommandServerTest {};

TEST_F(AnEnvelope, OfSeveralFramesComesBackWhole) {
  bind(endpoint);
  zmq::socket_t dealer = client(endpoint, zmq::socket_type::dealer);
  send(dealer, {"hop 1", "hop 2", "", ping(1)});
  serve();
  for (const std::string expected : {"hop 1", "hop 2", ""}) {
    EXPECT_EQ(next_frame(dealer), expected);
  }
  EXPECT_EQ(reply_to(dealer).id, RequestId(std::uint64_t{1}));
}

// Clients that break the envelope and leave at once, then one that asks. `serve` takes what waits at `served`, and says
// how many requests it answered.
std::string replies_after_an_attack(zmq::context_t& context, zmq::socket_ref served,
                                    const std::function<std::size_t()>& serve, const std::string& endpoint) {
  for (int attack = 0; attack < 20; ++attack) {
    zmq::socket_t attacker(context, zmq::socket_type::dealer);
    attacker.connect(endpoint);
    attacker.send(zmq::str_buffer("no envelope"), zmq::send_flags::none);
    attacker.close();
  }
  zmq::socket_t victim(context, zmq::socket_type::dealer);
  victim.set(zmq::sockopt::linger, 0);
  victim.connect(endpoint);
  constexpr std::size_t kRequests = 20;
  for (std::size_t i = 0; i < kRequests; ++i) {
    victim.send(zmq::str_buffer(""), zmq::send_flags::sndmore);
    victim.send(zmq::str_buffer("request"), zmq::send_flags::none);
  }
  for (std::size_t answered = 0; answered < kRequests;) {
    zmq::pollitem_t item{served.handle(), 0, ZMQ_POLLIN, 0};
    zmq::poll(&item, 1, std::chrono::milliseconds(-1));
    answered += serve();
  }
  victim.set(zmq::sockopt::rcvtimeo, 500);  // what is lost does not come later
  std::size_t arrived = 0;
  for (zmq::message_t frame; arrived < kRequests && victim.recv(frame);) {
    arrived += frame.more() ? 0 : 1;
  }
  return std::to_string(arrived) + " of " + std::to_string(kRequests);
}

TEST_F(AnEnvelope, ThatIsBrokenByAClientThatLeavesLosesNoReply) {
  bind(endpoint);
  const auto serve = [this] {
    while (server->serve(0)) {
    }
    return server->take_served();
  };
  for (int round = 0; round < 20; ++round) {
    EXPECT_EQ(replies_after_an_attack(*server_context, server->sockets().front().socket, serve, endpoint), "20 of 20");
  }
}

// A REP takes the pipe that went for the one it answers.
TEST_F(AnEnvelope, IsKeptByUsBecauseARepLosesReplies) {
  zmq::socket_t rep(*server_context, zmq::socket_type::rep);
  rep.bind(endpoint);
  const auto serve = [&rep]() -> std::size_t {
    zmq::message_t request;
    if (!rep.recv(request, zmq::recv_flags::dontwait)) {
      return 0;
    }
    rep.send(zmq::str_buffer("reply"), zmq::send_flags::none);
    return 1;
  };
  bool has_lost = false;
  for (int round = 0; !has_lost && round < 200; ++round) {
    has_lost = replies_after_an_attack(*server_context, rep, serve, endpoint) != "20 of 20";
  }
  EXPECT_TRUE(has_lost)
      << "libzmq's REP is mended: it could take the ROUTER's place where replies need not go together";
}

}  // namespace
}  // namespace shmbus::agent
