#include "agent/access/router_socket.hpp"

#include "tests/agent/command_socket_fixture.hpp"

namespace shmbus::agent {
namespace {

class ARouter : public CommandSocketTest {};

TEST_P(ARouter, PassesOverAnEndlessEnvelope) {
  bind(endpoint);
  zmq::socket_t dealer = client(endpoint, zmq::socket_type::dealer);
  std::vector<std::string> frames(1000, "hop");
  frames.insert(frames.end(), {"", "request"});
  send(dealer, frames);
  send(dealer, {"hop", ""});  // and one without a request
  send(dealer, {"", "whole"});
  EXPECT_EQ(next().frame, "whole");
  socket().send("");
}

// A client that breaks the envelope and leaves at once. A REP takes the pipe that went for the one it answers.
std::string replies_after_an_attack(CommandSocket& socket, zmq::context_t& context, const std::string& endpoint) {
  for (int attack = 0; attack < 20; ++attack) {
    zmq::socket_t attacker(context, zmq::socket_type::dealer);
    attacker.connect(endpoint);
    attacker.send(zmq::str_buffer("no envelope"), zmq::send_flags::none);
    attacker.close();
  }
  zmq::socket_t victim(context, zmq::socket_type::dealer);
  victim.set(zmq::sockopt::linger, 0);
  victim.connect(endpoint);
  int answered = 0;
  constexpr int kRequests = 20;
  for (int i = 0; i < kRequests; ++i) {
    victim.send(zmq::str_buffer(""), zmq::send_flags::sndmore);
    victim.send(zmq::str_buffer("request"), zmq::send_flags::none);
  }
  for (int served = 0; served < kRequests;) {
    zmq::pollitem_t item{socket.socket().handle(), 0, ZMQ_POLLIN, 0};
    zmq::poll(&item, 1, std::chrono::milliseconds(-1));
    const std::optional<Received> request = socket.receive();
    if (request && request->parts > 0) {
      socket.send("reply");
      ++served;
    }
  }
  victim.set(zmq::sockopt::rcvtimeo, 500);  // what is lost does not come later
  for (zmq::message_t frame; answered < kRequests && victim.recv(frame);) {
    answered += frame.more() ? 0 : 1;
  }
  return std::to_string(answered) + " of " + std::to_string(kRequests);
}

TEST_P(ARouter, LosesNoReplyToAClientThatBreaksTheEnvelopeAndLeaves) {
  bind(endpoint);
  for (int round = 0; round < 20; ++round) {
    EXPECT_EQ(replies_after_an_attack(socket(), context(), endpoint), "20 of 20");
  }
}

TEST_P(ARouter, TakesThePlaceOfARepBecauseThatLosesReplies) {
  bind(endpoint, Transport::kPrivate);
  bool has_lost = false;
  for (int round = 0; !has_lost && round < 200; ++round) {
    has_lost = replies_after_an_attack(socket(), context(), endpoint) != "20 of 20";
  }
  EXPECT_TRUE(has_lost) << "libzmq's REP is mended: it could serve strangers again";
}

INSTANTIATE_TEST_SUITE_P(Strangers, ARouter, ::testing::Values(Transport::kLocal));

}  // namespace
}  // namespace shmbus::agent
