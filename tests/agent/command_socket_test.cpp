#include "agent/command_socket.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <vector>
#include <zmq.hpp>

#include "tests/support/temporary_directory.hpp"
#include "tests/support/zap_thread.hpp"

namespace shmbus::agent {
namespace {

// What holds for a REP and for a ROUTER alike: clients can't tell the difference.
class CommandSocketTest : public ::testing::TestWithParam<Transport> {
 protected:
  CommandSocketTest() : path(directory.file("commands.sock")), endpoint("ipc://" + path) {}

  Binding& bind(const std::string& to) { return bind(to, GetParam()); }

  Binding& bind(const std::string& to, Transport transport) {
    socket_ = CommandSocket::make(*context_, {to, transport}, Limits{});
    Result<Binding> bound = socket().bind(SocketAccess{});
    if (!bound) {
      throw std::runtime_error(bound.error().message);
    }
    return bindings.emplace_back(*std::move(bound));
  }

  CommandSocket& socket() { return *socket_; }

  zmq::socket_t client(const std::string& to, zmq::socket_type type = zmq::socket_type::req) {
    zmq::socket_t made(*context_, type);
    made.set(zmq::sockopt::linger, 0);
    made.connect(to);
    return made;
  }

  // Waits for the next request. A malformed message makes the socket readable and is then discarded, hence the loop.
  Received next() {
    for (;;) {
      zmq::pollitem_t item{socket().socket().handle(), 0, ZMQ_POLLIN, 0};
      zmq::poll(&item, 1, std::chrono::milliseconds(-1));
      if (std::optional<Received> request = socket().receive()) {
        return *request;
      }
    }
  }

  static void send(zmq::socket_t& from, const std::vector<std::string>& frames) {
    for (std::size_t i = 0; i < frames.size(); ++i) {
      from.send(zmq::buffer(frames[i]), i + 1 < frames.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
    }
  }
  static std::string reply_to(zmq::socket_t& client) {
    zmq::message_t reply;
    EXPECT_TRUE(client.recv(reply));
    return reply.to_string();
  }

  void socket_for_all() {
    socket_ = CommandSocket::make(*context_, {endpoint, Transport::kLocal}, Limits{});
    Result<Binding> bound = socket().bind({.mode = 0666, .group = {}});
    ASSERT_TRUE(bound.ok());
    bindings.push_back(*std::move(bound));
  }

  zmq::context_t& context() { return *context_; }

  // Ends the socket and its context, as the agent's end does before it lets go of the bindings.
  void close() {
    socket_.reset();
    zap_.reset();
    context_.reset();
  }

  const TemporaryDirectory directory;
  const std::string path;
  const std::string endpoint;
  std::vector<Binding> bindings;

 private:
  std::unique_ptr<zmq::context_t> context_ = std::make_unique<zmq::context_t>();
  std::unique_ptr<ZapThread> zap_ = std::make_unique<ZapThread>(*context_);
  std::unique_ptr<CommandSocket> socket_;
};

TEST_P(CommandSocketTest, WithoutARequestThereIsNothingToReceive) {
  bind(endpoint);
  EXPECT_FALSE(socket().receive());
  const zmq::socket_t silent = client(endpoint);
  EXPECT_FALSE(socket().receive());
}

TEST_P(CommandSocketTest, ARequestComesAsItWasSentAndOnce) {
  bind(endpoint);
  zmq::socket_t asking = client(endpoint);
  const std::string bytes("a\0b", 3);
  send(asking, {bytes});
  const Received request = next();
  EXPECT_EQ(request.frame, bytes);
  EXPECT_EQ(request.parts, 1U);
  socket().send("answer");
  EXPECT_FALSE(socket().receive());
  EXPECT_EQ(reply_to(asking), "answer");
}

TEST_P(CommandSocketTest, TheFramesOfAMessageAreCountedAndTheNextRequestIsWhole) {
  bind(endpoint);
  zmq::socket_t asking = client(endpoint);
  send(asking, {"one", "two", "three"});
  EXPECT_EQ(next().parts, 3U);
  socket().send("too many");
  EXPECT_EQ(reply_to(asking), "too many");
  send(asking, {"whole"});
  const Received request = next();
  EXPECT_EQ(request.parts, 1U);
  EXPECT_EQ(request.frame, "whole");
  socket().send("");
}

TEST_P(CommandSocketTest, EachClientGetsTheReplyToItsOwnRequest) {
  bind(endpoint);
  std::vector<zmq::socket_t> clients;
  for (const std::string name : {"a", "b", "c"}) {
    send(clients.emplace_back(client(endpoint)), {name});
  }
  for (std::size_t i = 0; i < clients.size(); ++i) {
    const Received request = next();
    socket().send("for " + std::string(request.frame));
  }
  EXPECT_EQ(reply_to(clients[2]), "for c");
  EXPECT_EQ(reply_to(clients[0]), "for a");
  EXPECT_EQ(reply_to(clients[1]), "for b");
}

TEST_P(CommandSocketTest, AMessageWithoutAnEnvelopeIsPassedOver) {
  bind(endpoint);
  zmq::socket_t dealer = client(endpoint, zmq::socket_type::dealer);
  send(dealer, {"no envelope"});
  send(dealer, {"", "request"});
  EXPECT_EQ(next().frame, "request");
  socket().send("");
}

TEST_P(CommandSocketTest, AReplyToAClientThatLeftIsDropped) {
  bind(endpoint);
  {
    zmq::socket_t leaving = client(endpoint);
    send(leaving, {"going"});
    EXPECT_EQ(next().frame, "going");
  }
  socket().send("too late");
  zmq::socket_t asking = client(endpoint);
  send(asking, {"still there?"});
  EXPECT_EQ(next().frame, "still there?");
  socket().send("yes");
  EXPECT_EQ(reply_to(asking), "yes");
}

TEST_P(CommandSocketTest, ThePeerOnIpcIsWhatTheKernelSaysOfIt) {
  bind(endpoint);
  zmq::socket_t asking = client(endpoint);
  asking.set(zmq::sockopt::routing_id, "localhost:0:0:1");
  send(asking, {"who am I"});
  EXPECT_EQ(next().peer, "localhost:" + std::to_string(::geteuid()) + ":" + std::to_string(::getegid()) + ":" +
                             std::to_string(::getpid()));
  socket().send("");
}

TEST_P(CommandSocketTest, ThePeerOnInsecureTcpIsNobody) {
  zmq::socket_t asking = client(bind("tcp://127.0.0.1:*", Transport::kInsecure).endpoint);
  send(asking, {"who am I"});
  EXPECT_EQ(next().peer, "");
  socket().send("");
}

TEST_P(CommandSocketTest, APortThatTheSystemChooseIsTold) {
  const std::string bound = bind("tcp://127.0.0.1:*").endpoint;
  EXPECT_TRUE(bound.starts_with("tcp://127.0.0.1:")) << bound;
  EXPECT_GT(std::stoi(bound.substr(bound.rfind(':') + 1)), 0);
  EXPECT_FALSE(bindings.back().path);
}

TEST_P(CommandSocketTest, AnIpcSocketIsItsOwnersAloneWhateverTheUmask) {
  const mode_t before = ::umask(0);
  bind(endpoint);
  EXPECT_EQ(::umask(before), 0U) << "it is as it was";
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_TRUE(S_ISSOCK(status.st_mode));
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
  EXPECT_EQ(bindings.back().endpoint, endpoint);
}

TEST_P(CommandSocketTest, TheSocketsFileIsGoneAtTheEnd) {
  bind(endpoint);
  ASSERT_TRUE(std::filesystem::exists(path));
  close();
  bindings.clear();
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_P(CommandSocketTest, APathIsBoundByOneSocketOnly) {
  bind(endpoint);
  zmq::context_t context;
  const auto second = CommandSocket::make(context, {endpoint, GetParam()}, Limits{});
  const Result<Binding> bound = second->bind(SocketAccess{});
  ASSERT_FALSE(bound);
  EXPECT_EQ(bound.error().code, ErrorCode::kExists);
  zmq::socket_t asking = client(endpoint);
  send(asking, {"still yours"});
  EXPECT_EQ(next().frame, "still yours");
  socket().send("");
}

TEST_P(CommandSocketTest, WhatCannotBeBoundIsNamed) {
  zmq::context_t context;
  const auto other = CommandSocket::make(context, {"tcp://192.0.2.1:5555", GetParam()}, Limits{});  // RFC 5737
  const Result<Binding> bound = other->bind(SocketAccess{});
  ASSERT_FALSE(bound);
  EXPECT_EQ(bound.error().code, ErrorCode::kBadRequest);
  EXPECT_NE(bound.error().message.find("tcp://192.0.2.1:5555"), std::string::npos) << bound.error().message;
}

TEST_P(CommandSocketTest, TheSocketsFileIsOpenToWhomItIsFor) {
  socket_for_all();
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0666U);
}

TEST_P(CommandSocketTest, AnEnvelopeOfSeveralFramesComesBackWhole) {
  bind(endpoint);
  zmq::socket_t dealer = client(endpoint, zmq::socket_type::dealer);
  send(dealer, {"hop 1", "hop 2", "", "request"});
  EXPECT_EQ(next().frame, "request");
  socket().send("reply");
  for (const std::string expected : {"hop 1", "hop 2", "", "reply"}) {
    EXPECT_EQ(reply_to(dealer), expected);
  }
}

INSTANTIATE_TEST_SUITE_P(Rep, CommandSocketTest, ::testing::Values(Transport::kPrivate));
INSTANTIATE_TEST_SUITE_P(Router, CommandSocketTest, ::testing::Values(Transport::kLocal));

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
    if (socket.receive()) {
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
