#include "agent/command_socket.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <vector>
#include <zmq.hpp>

#include "tests/support/temporary_directory.hpp"

namespace shmbus::agent {
namespace {

class CommandSocketTest : public ::testing::Test {
 protected:
  CommandSocketTest() : path(directory.file("commands.sock")), endpoint("ipc://" + path) {}

  Binding& bind(const std::string& to) {
    Result<std::vector<Binding>> bound = socket().bind({to});
    if (!bound) {
      throw std::runtime_error(bound.error().message);
    }
    return bindings.emplace_back(std::move(bound->front()));
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

  // Ends the socket and its context, as the agent's end does before it lets go of the bindings.
  void close() {
    socket_.reset();
    context_.reset();
  }

  const TemporaryDirectory directory;
  const std::string path;
  const std::string endpoint;
  std::vector<Binding> bindings;

 private:
  std::unique_ptr<zmq::context_t> context_ = std::make_unique<zmq::context_t>();
  std::unique_ptr<CommandSocket> socket_ = std::make_unique<CommandSocket>(*context_, Limits{});
};

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
  socket().send("answer");
  EXPECT_FALSE(socket().receive());
  EXPECT_EQ(reply_to(asking), "answer");
}

TEST_F(CommandSocketTest, TheFramesOfAMessageAreCountedAndTheNextRequestIsWhole) {
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

TEST_F(CommandSocketTest, EachClientGetsTheReplyToItsOwnRequest) {
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

TEST_F(CommandSocketTest, AMessageWithoutAnEnvelopeIsPassedOver) {
  bind(endpoint);
  zmq::socket_t dealer = client(endpoint, zmq::socket_type::dealer);
  send(dealer, {"no envelope"});
  send(dealer, {"", "request"});
  EXPECT_EQ(next().frame, "request");
  socket().send("");
}

TEST_F(CommandSocketTest, AReplyToAClientThatLeftIsDropped) {
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

TEST_F(CommandSocketTest, TheCallerOnIpcIsWhatTheKernelSaysOfThePeer) {
  bind(endpoint);
  zmq::socket_t asking = client(endpoint);
  send(asking, {"who am I"});
  const Caller caller = next().caller;
  EXPECT_EQ(caller.principal, "uid:" + std::to_string(::geteuid()));
  EXPECT_EQ(caller.uid, ::geteuid());
  EXPECT_EQ(caller.gid, ::getegid());
  EXPECT_EQ(caller.pid, ::getpid());
  socket().send("");
}

TEST_F(CommandSocketTest, TheCallerOnTcpIsAnonymous) {
  zmq::socket_t asking = client(bind("tcp://127.0.0.1:*").endpoint);
  send(asking, {"who am I"});
  const Caller caller = next().caller;
  EXPECT_EQ(caller.principal, kAnonymous);
  EXPECT_FALSE(caller.uid || caller.gid || caller.pid);
  socket().send("");
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
  CommandSocket second(context, Limits{});
  const Result<std::vector<Binding>> bound = second.bind({endpoint});
  ASSERT_FALSE(bound);
  EXPECT_EQ(bound.error().code, ErrorCode::kExists);
  zmq::socket_t asking = client(endpoint);
  send(asking, {"still yours"});
  EXPECT_EQ(next().frame, "still yours");
  socket().send("");
}

TEST_F(CommandSocketTest, WhatCannotBeBoundIsNamed) {
  const Result<std::vector<Binding>> bound = socket().bind({endpoint, "tcp://192.0.2.1:5555"});  // TEST-NET, RFC 5737
  ASSERT_FALSE(bound);
  EXPECT_EQ(bound.error().code, ErrorCode::kBadRequest);
  EXPECT_NE(bound.error().message.find("tcp://192.0.2.1:5555"), std::string::npos) << bound.error().message;
}

}  // namespace
}  // namespace shmbus::agent
