#include "agent/requests/command_socket.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "tests/agent/requests/command_socket_fixture.hpp"
#include "tests/support/monitored_client.hpp"

namespace shmbus::agent {
namespace {

TEST_F(CommandSocketTest, WithoutARequestThereIsNothingToReceive) {
  bind(endpoint);
  EXPECT_FALSE(socket().receive());
  const zmq::socket_t silent = client(endpoint);
  EXPECT_FALSE(socket().receive());
}

TEST_F(CommandSocketTest, ARequestComesAsItWasSentAndOnce) {
  bind(endpoint);
  zmq::socket_t asking = client(endpoint);
  const std::string bytes("a\0b", 3);
  send(asking, {bytes});
  const Received request = next();
  EXPECT_EQ(request.frame, bytes);
  EXPECT_EQ(request.parts, 1U);
  answer("answer");
  EXPECT_FALSE(socket().receive());
  EXPECT_EQ(reply_to(asking), "answer");
}

TEST_F(CommandSocketTest, TheFramesOfAMessageAreCountedAndTheNextRequestIsWhole) {
  bind(endpoint);
  zmq::socket_t asking = client(endpoint);
  send(asking, {"one", "two", "three"});
  EXPECT_EQ(next().parts, 3U);
  answer("too many");
  EXPECT_EQ(reply_to(asking), "too many");
  send(asking, {"whole"});
  const Received request = next();
  EXPECT_EQ(request.parts, 1U);
  EXPECT_EQ(request.frame, "whole");
  answer("");
}

TEST_F(CommandSocketTest, EachClientGetsTheReplyToItsOwnRequest) {
  bind(endpoint);
  std::vector<zmq::socket_t> clients;
  for (const std::string name : {"a", "b", "c"}) {
    send(clients.emplace_back(client(endpoint)), {name});
  }
  for (std::size_t i = 0; i < clients.size(); ++i) {
    const Received request = next();
    answer("for " + std::string(request.frame));
  }
  EXPECT_EQ(reply_to(clients[2]), "for c");
  EXPECT_EQ(reply_to(clients[0]), "for a");
  EXPECT_EQ(reply_to(clients[1]), "for b");
}

TEST_F(CommandSocketTest, RepliesAreHeldAndGoTogether) {
  bind(endpoint);
  zmq::socket_t dealer = client(endpoint, zmq::socket_type::dealer);
  zmq::socket_t other = client(endpoint);
  EXPECT_FALSE(socket().send_replies());
  for (const std::string expected : {"1", "2"}) {
    send(dealer, {"", expected});
    EXPECT_EQ(next().frame, expected);
    socket().reply("for " + expected);
  }
  send(other, {"3"});
  EXPECT_EQ(next().frame, "3");
  EXPECT_FALSE(dealer.get(zmq::sockopt::events) & ZMQ_POLLIN);
  answer("for 3");
  EXPECT_FALSE(socket().send_replies());
  for (const std::string expected : {"", "for 1", "", "for 2"}) {
    EXPECT_EQ(reply_to(dealer), expected);
  }
  EXPECT_EQ(reply_to(other), "for 3");
}

TEST_F(CommandSocketTest, SeveralThatAreTakenAtOnceAreAnsweredOneByOne) {
  bind(endpoint);
  zmq::socket_t dealer = client(endpoint, zmq::socket_type::dealer);
  send(dealer, {"", "1"});
  send(dealer, {"no envelope"});
  send(dealer, {"", "2", "of two parts"});
  send(dealer, {"", "3"});
  for (const std::string expected : {"1", "2", "3"}) {
    const Received request = next(10);
    EXPECT_EQ(request.frame, expected);
    EXPECT_EQ(request.parts, expected == "2" ? 2U : 1U);
    answer("for " + expected);  // while others that were taken may wait
    EXPECT_EQ(reply_to(dealer), "");
    EXPECT_EQ(reply_to(dealer), "for " + expected);
  }
  EXPECT_FALSE(socket().receive(10));
  EXPECT_FALSE(socket().send_replies());
}

TEST_F(CommandSocketTest, WhatIsHeldStaysWhileMoreIsTaken) {
  bind(endpoint);
  zmq::socket_t dealer = client(endpoint, zmq::socket_type::dealer);
  constexpr int kRequests = 50;
  for (int i = 0; i < kRequests; ++i) {
    send(dealer, {"", std::to_string(i)});
  }
  for (int i = 0; i < kRequests; ++i) {
    EXPECT_EQ(next(4).frame, std::to_string(i));
    socket().reply("for " + std::to_string(i));
    if (i % 7 == 0) {
      EXPECT_TRUE(socket().send_replies());  // in the midst of those that were taken together
    }
  }
  EXPECT_FALSE(socket().receive(4));
  EXPECT_EQ(socket().send_replies(), (kRequests - 1) % 7 != 0);
  for (int i = 0; i < kRequests; ++i) {
    EXPECT_EQ(reply_to(dealer), "");
    EXPECT_EQ(reply_to(dealer), "for " + std::to_string(i));
  }
}

TEST_F(CommandSocketTest, AReplyToAClientThatLeftIsDropped) {
  bind(endpoint);
  {
    zmq::socket_t leaving = client(endpoint);
    send(leaving, {"going"});
    EXPECT_EQ(next().frame, "going");
  }
  answer("too late");
  zmq::socket_t asking = client(endpoint);
  send(asking, {"still there?"});
  EXPECT_EQ(next().frame, "still there?");
  answer("yes");
  EXPECT_EQ(reply_to(asking), "yes");
}

TEST_F(CommandSocketTest, ThePeerOnIpcIsWhatTheKernelSaysOfIt) {
  bind(endpoint);
  zmq::socket_t asking = client(endpoint);
  asking.set(zmq::sockopt::routing_id, "localhost:0:0:1");
  send(asking, {"who am I"});
  EXPECT_EQ(next().peer, "localhost:" + std::to_string(::geteuid()) + ":" + std::to_string(::getegid()) + ":" +
                             std::to_string(::getpid()));
  answer("");
}

TEST_F(CommandSocketTest, ThePeerOnInsecureTcpIsNobody) {
  zmq::socket_t asking = client(bind("tcp://127.0.0.1:*", Transport::kInsecure).endpoint);
  send(asking, {"who am I"});
  EXPECT_EQ(next().peer, "");
  answer("");
}

TEST_F(CommandSocketTest, APortThatTheSystemChooseIsTold) {
  const std::string bound = bind("tcp://127.0.0.1:*").endpoint;
  EXPECT_TRUE(bound.starts_with("tcp://127.0.0.1:")) << bound;
  EXPECT_GT(std::stoi(bound.substr(bound.rfind(':') + 1)), 0);
  EXPECT_FALSE(bindings.back().path);
}

TEST_F(CommandSocketTest, AnIpcSocketIsItsOwnersAloneWhateverTheUmask) {
  const mode_t before = ::umask(0);
  bind(endpoint);
  EXPECT_EQ(::umask(before), 0U) << "it is as it was";
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_TRUE(S_ISSOCK(status.st_mode));
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
  EXPECT_EQ(bindings.back().endpoint, endpoint);
}

TEST_F(CommandSocketTest, TheSocketsFileIsGoneAtTheEnd) {
  bind(endpoint);
  ASSERT_TRUE(std::filesystem::exists(path));
  close();
  bindings.clear();
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(CommandSocketTest, APathIsBoundByOneSocketOnly) {
  bind(endpoint);
  zmq::context_t context;
  CommandSocket second(context, {endpoint, Transport::kPrivate}, Limits{});
  const Result<Binding> bound = second.bind(SocketAccess{});
  ASSERT_FALSE(bound);
  EXPECT_EQ(bound.error().code, ErrorCode::kExists);
  zmq::socket_t asking = client(endpoint);
  send(asking, {"still yours"});
  EXPECT_EQ(next().frame, "still yours");
  answer("");
}

TEST_F(CommandSocketTest, WhatCannotBeBoundIsNamed) {
  zmq::context_t context;
  CommandSocket other(context, {"tcp://192.0.2.1:5555", Transport::kInsecure}, Limits{});  // RFC 5737
  const Result<Binding> bound = other.bind(SocketAccess{});
  ASSERT_FALSE(bound);
  EXPECT_EQ(bound.error().code, ErrorCode::kBadRequest);
  EXPECT_NE(bound.error().message.find("tcp://192.0.2.1:5555"), std::string::npos) << bound.error().message;
}

TEST_F(CommandSocketTest, TheSocketsFileIsOpenToWhomItIsFor) {
  socket_for_all();
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0666U);
}

TEST_F(CommandSocketTest, WithoutTheHandlersWordNobodyIsLetIn) {
  zmq::context_t without_handler;
  Limits limits;
  limits.handshake = std::chrono::milliseconds(50);
  CommandSocket alone(without_handler, {endpoint, Transport::kPrivate}, limits);
  const Result<Binding> bound = alone.bind(SocketAccess{});
  ASSERT_TRUE(bound.ok());
  MonitoredClient client;
  client.socket.connect(endpoint);
  zmq::pollitem_t told{client.monitor.handle(), 0, ZMQ_POLLIN, 0};
  ASSERT_EQ(zmq::poll(&told, 1, std::chrono::seconds(20)), 1);
  EXPECT_NE(client.end_of_handshake(), ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
}

}  // namespace
}  // namespace shmbus::agent
