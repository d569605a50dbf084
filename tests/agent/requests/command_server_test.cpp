#include "agent/requests/command_server.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>

#include "tests/agent/requests/command_server_fixture.hpp"
#include "tests/support/monitored_client.hpp"
#include "tests/support/raw_connection.hpp"

namespace shmbus::agent {
namespace {

TEST_F(CommandServerTest, WithoutARequestThereIsNothingToDo) {
  bind(endpoint);
  EXPECT_FALSE(server->serve(0));
  const zmq::socket_t silent = client(endpoint);
  EXPECT_FALSE(server->serve(0));
  EXPECT_EQ(server->take_served(), 0U);
}

TEST_F(CommandServerTest, ARequestIsAnsweredOnce) {
  bind(endpoint);
  zmq::socket_t asking = client(endpoint);
  send(asking, {ping(7)});
  serve();
  EXPECT_EQ(reply_to(asking).id, RequestId(std::uint64_t{7}));
  EXPECT_FALSE(server->serve(0));
  EXPECT_EQ(server->take_served(), 0U);
}

TEST_F(CommandServerTest, AMessageOfSeveralFramesIsRefusedAndTheNextRequestIsWhole) {
  bind(endpoint);
  zmq::socket_t asking = client(endpoint);
  send(asking, {ping(1), "two", "three"});
  serve();
  const Error error = error_in(reply_to(asking));
  EXPECT_EQ(error.code, ErrorCode::kBadRequest);
  EXPECT_NE(error.message.find("has 3"), std::string::npos) << error.message;
  send(asking, {ping(2)});
  serve();
  EXPECT_EQ(reply_to(asking).id, RequestId(std::uint64_t{2}));
}

TEST_F(CommandServerTest, EachClientGetsTheReplyToItsOwnRequest) {
  bind(endpoint);
  std::vector<zmq::socket_t> clients;
  for (const std::uint64_t id : {0U, 1U, 2U}) {
    send(clients.emplace_back(client(endpoint)), {ping(id)});
  }
  serve(3);
  for (const std::uint64_t id : {2U, 0U, 1U}) {
    EXPECT_EQ(reply_to(clients[id]).id, RequestId(id));
  }
}

TEST_F(CommandServerTest, RequestsOfOneClientAreAnsweredInTheirOrder) {
  bind(endpoint);
  zmq::socket_t dealer = client(endpoint, zmq::socket_type::dealer);
  constexpr std::uint64_t kRequests = 500;
  for (std::uint64_t id = 0; id < kRequests; ++id) {
    send(dealer, {"", ping(id)});
    if (id % 7 == 0) {
      send(dealer, {"no envelope"});
    }
  }
  serve(kRequests);
  for (std::uint64_t id = 0; id < kRequests; ++id) {
    EXPECT_EQ(next_frame(dealer), "");
    ASSERT_EQ(reply_to(dealer).id, RequestId(id));
  }
}

TEST_F(CommandServerTest, AReplyToAClientThatLeftIsDropped) {
  bind(endpoint);
  {
    zmq::socket_t leaving = client(endpoint);
    send(leaving, {ping(1)});
    zmq::pollitem_t item{server->sockets().front().socket.handle(), 0, ZMQ_POLLIN, 0};
    zmq::poll(&item, 1, std::chrono::milliseconds(-1));
  }
  serve();
  zmq::socket_t asking = client(endpoint);
  send(asking, {ping(2)});
  serve();
  EXPECT_EQ(reply_to(asking).id, RequestId(std::uint64_t{2}));
}

// The caller is the actor of what it does.
TEST_F(CommandServerTest, TheCallerOnIpcIsWhoTheKernelSays) {
  bind(endpoint);
  zmq::socket_t asking = client(endpoint);
  asking.set(zmq::sockopt::routing_id, "localhost:0:0:1");
  send(asking, {encode_request(request_of(CreateRequest{.shm_key = kKey, .shm_segsz = 1}))});
  serve();
  const std::vector<Event> told = events();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].actor.uid, ::geteuid());
  EXPECT_EQ(told[0].actor.pid, ::getpid());
}

TEST_F(CommandServerTest, TheCallerOnInsecureTcpIsAnonymous) {
  zmq::socket_t asking = client(bind("tcp://127.0.0.1:*", Transport::kInsecure).endpoint);
  send(asking, {encode_request(request_of(CreateRequest{.shm_key = kKey, .shm_segsz = 1}))});
  serve();
  const std::vector<Event> told = events();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].actor.principal, kAnonymous);
  EXPECT_FALSE(told[0].actor.pid);
}

TEST_F(CommandServerTest, APortThatTheSystemChooseIsTold) {
  const std::string bound = bind("tcp://127.0.0.1:*").endpoint;
  EXPECT_TRUE(bound.starts_with("tcp://127.0.0.1:")) << bound;
  EXPECT_GT(std::stoi(bound.substr(bound.rfind(':') + 1)), 0);
  EXPECT_FALSE(bindings.back().path);
  EXPECT_EQ(server->sockets().front().endpoint.address, bound);
}

TEST_F(CommandServerTest, AnIpcSocketIsItsOwnersAloneWhateverTheUmask) {
  const mode_t before = ::umask(0);
  bind(endpoint);
  EXPECT_EQ(::umask(before), 0U) << "it is as it was";
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_TRUE(S_ISSOCK(status.st_mode));
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
  EXPECT_EQ(bindings.back().endpoint, endpoint);
}

TEST_F(CommandServerTest, TheSocketsFileIsGoneAtTheEnd) {
  bind(endpoint);
  ASSERT_TRUE(std::filesystem::exists(path));
  close();
  bindings.clear();
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(CommandServerTest, APathIsBoundByOneSocketOnly) {
  bind(endpoint);
  const Result<Binding> bound = server->bind({endpoint, Transport::kPrivate}, SocketAccess{});
  ASSERT_FALSE(bound);
  EXPECT_EQ(bound.error().code, ErrorCode::kExists);
  zmq::socket_t asking = client(endpoint);
  send(asking, {ping(1)});
  serve();
  EXPECT_EQ(reply_to(asking).id, RequestId(std::uint64_t{1}));
}

TEST_F(CommandServerTest, WhatCannotBeBoundIsNamed) {
  const Result<Binding> bound =
      server->bind({"tcp://192.0.2.1:5555", Transport::kInsecure}, SocketAccess{});  // RFC 5737
  ASSERT_FALSE(bound);
  EXPECT_EQ(bound.error().code, ErrorCode::kBadRequest);
  EXPECT_NE(bound.error().message.find("tcp://192.0.2.1:5555"), std::string::npos) << bound.error().message;
}

TEST_F(CommandServerTest, TheSocketsFileIsOpenToWhomItIsFor) {
  bind(endpoint, Transport::kLocal, {.mode = 0666, .group = {}});
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0666U);
}

TEST_F(CommandServerTest, WithoutTheHandlersWordNobodyIsLetIn) {
  zmq::context_t without_handler;
  Limits brief;
  brief.handshake = std::chrono::milliseconds(50);
  CommandServer alone(without_handler, authenticator, dispatcher, brief);
  const Result<Binding> bound = alone.bind({endpoint, Transport::kPrivate}, SocketAccess{});
  ASSERT_TRUE(bound.ok());
  MonitoredClient client;
  client.socket.connect(endpoint);
  zmq::pollitem_t told{client.monitor.socket().handle(), 0, ZMQ_POLLIN, 0};
  ASSERT_EQ(zmq::poll(&told, 1, std::chrono::seconds(20)), 1);
  EXPECT_NE(client.end_of_handshake(), ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
}

TEST_F(CommandServerTest, ARequestHasItsLargestSizeAtMostElseItsConnectionEnds) {
  bind(endpoint);
  MonitoredClient client(zmq::socket_type::dealer);
  client.socket.connect(endpoint);
  const auto next_handshake = [&client] {
    zmq::pollitem_t told{client.monitor.socket().handle(), 0, ZMQ_POLLIN, 0};
    EXPECT_EQ(zmq::poll(&told, 1, std::chrono::seconds(20)), 1);
    return client.end_of_handshake();
  };
  EXPECT_EQ(next_handshake(), ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
  send(client.socket, {"", std::string(limits::kMaxMessageBytes, 'x')});
  serve();
  EXPECT_EQ(next_frame(client.socket), "");
  EXPECT_EQ(error_in(reply_to(client.socket)).code, ErrorCode::kBadRequest);
  EXPECT_FALSE(client.end_of_handshake());
  send(client.socket, {"", std::string(limits::kMaxMessageBytes + 1, 'x')});
  EXPECT_EQ(next_handshake(), ZMQ_EVENT_HANDSHAKE_SUCCEEDED) << "it is connected again";
  EXPECT_FALSE(server->serve(0));
  EXPECT_EQ(server->take_served(), 0U);
}

TEST_F(CommandServerTest, AConnectionThatSaysNothingIsEnded) {
  Limits brief;
  brief.handshake = std::chrono::milliseconds(50);
  zmq::context_t own_context;
  CommandServer impatient(own_context, authenticator, dispatcher, brief);
  const Result<Binding> bound = impatient.bind({endpoint, Transport::kPrivate}, SocketAccess{});
  ASSERT_TRUE(bound.ok());
  const UniqueFd silent = connected_to(path);
  const timeval patience{.tv_sec = 20, .tv_usec = 0};
  ASSERT_EQ(::setsockopt(silent.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
  std::array<char, 256> greeting{};
  ssize_t got = 0;
  do {
    got = ::recv(silent.get(), greeting.data(), greeting.size(), 0);
  } while (got > 0);
  EXPECT_EQ(got, 0);
}

}  // namespace
}  // namespace shmbus::agent
