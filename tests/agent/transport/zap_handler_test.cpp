#include "agent/transport/zap_handler.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "tests/agent/transport/guarded_server.hpp"

namespace shmbus::agent {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr int kAdmitted = ZMQ_EVENT_HANDSHAKE_SUCCEEDED;
constexpr int kRefused = ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;

// Says "hello" to a REP socket at `port` as a client that speaks ZMTP 3.0 (RFC 23) by itself and has these properties.
void claim(std::uint16_t port, const std::vector<std::pair<std::string, std::string>>& properties) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  const timeval patience{30, 0};
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  EXPECT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  std::string greeting = '\xff' + std::string(8, '\0') + "\x7f\x03" + std::string(1, '\0') + "NULL";
  greeting.resize(64, '\0');
  std::string ready = "\x05READY";
  for (const auto& [name, value] : properties) {
    ready += static_cast<char>(name.size()) + name + std::string(3, '\0') + static_cast<char>(value.size()) + value;
  }
  greeting += '\x04';
  greeting += static_cast<char>(ready.size());
  greeting += ready;
  EXPECT_EQ(::send(fd, greeting.data(), greeting.size(), MSG_NOSIGNAL), static_cast<ssize_t>(greeting.size()));
  std::string heard;
  std::array<char, 1024> block;
  for (ssize_t got = 1; got > 0 && heard.find("READY") == std::string::npos;) {
    got = ::recv(fd, block.data(), block.size(), 0);
    heard.append(block.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  }
  const std::string message("\x01\x00\x00\x05hello", 9);  // an empty frame first
  EXPECT_EQ(::send(fd, message.data(), message.size(), MSG_NOSIGNAL), static_cast<ssize_t>(message.size()));
  ::close(fd);
}

class ZapHandlerTest : public GuardedServer {
 protected:
  // The reply to `frames`, sent as libzmq would ask.
  std::vector<std::string> answer_to(const std::vector<std::string>& frames) {
    zmq::socket_t asking(context, zmq::socket_type::req);
    asking.set(zmq::sockopt::linger, 0);
    asking.connect("inproc://zeromq.zap.01");
    for (std::size_t i = 0; i < frames.size(); ++i) {
      asking.send(zmq::buffer(frames[i]), i + 1 < frames.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
    }
    std::vector<std::string> reply;
    zmq::message_t part;
    serve_until([&] { return asking.recv(part, zmq::recv_flags::dontwait).has_value(); }, {asking});
    for (reply.push_back(part.to_string()); part.more(); reply.push_back(part.to_string())) {
      EXPECT_TRUE(asking.recv(part, zmq::recv_flags::dontwait));
    }
    return reply;
  }
  std::string status_of(const std::vector<std::string>& frames) {
    const std::vector<std::string> reply = answer_to(frames);
    return reply.size() == 6 ? reply[2] : "not a reply";
  }
};

TEST_F(ZapHandlerTest, LetsInWhoHasAKeyOfTheRingAndNamesIt) {
  admit_by_key(server, own);
  MonitoredClient client;
  give_keys(client, ada, own.public_key);
  EXPECT_EQ(outcome_of(client, bind()), kAdmitted);
  zmq::message_t request = request_of(client);
  EXPECT_STREQ(request.gets("User-Id"), "ada");
  EXPECT_STREQ(request.gets(kKeyProperty), ada.public_key.c_str());
  EXPECT_STREQ(request.gets("Peer-Address"), "127.0.0.1");
  EXPECT_EQ(handler.refused(), 0U);
  EXPECT_THAT(log.take(), IsEmpty());
}

TEST_F(ZapHandlerTest, RefusesAnotherKeyAndTellsItOnceAMinute) {
  admit_by_key(server, own);
  const std::string endpoint = bind();
  for (std::uint64_t count = 1; count <= 3; ++count) {
    MonitoredClient client;
    give_keys(client, eve, own.public_key);
    EXPECT_EQ(outcome_of(client, endpoint), kRefused);
    EXPECT_EQ(handler.refused(), count);
  }
  EXPECT_THAT(log.take(), ElementsAre("rejected 127.0.0.1: its key " + eve.public_key + " is not authorized"));
}

TEST_F(ZapHandlerTest, RefusesAPublicKeyWithoutItsSecretOne) {
  admit_by_key(server, own);
  MonitoredClient client;
  give_keys(client, {ada.public_key, eve.secret_key}, own.public_key);
  EXPECT_NE(outcome_of(client, bind()), kAdmitted);
}

TEST_F(ZapHandlerTest, ANewRingHoldsForConnectionsFromThenOn) {
  admit_by_key(server, own);
  const std::string endpoint = bind();
  MonitoredClient before;
  give_keys(before, ada, own.public_key);
  EXPECT_EQ(outcome_of(before, endpoint), kAdmitted);
  handler.use(ring_of({{"eve", eve}}));
  MonitoredClient after;
  give_keys(after, ada, own.public_key);
  EXPECT_EQ(outcome_of(after, endpoint), kRefused);
  MonitoredClient added;
  give_keys(added, eve, own.public_key);
  EXPECT_EQ(outcome_of(added, endpoint), kAdmitted);
  zmq::message_t request = request_of(before);  // still connected: its key is what tells
  EXPECT_EQ(handler.ring().name_of(request.gets(kKeyProperty)), std::nullopt);
}

TEST_F(ZapHandlerTest, HasNoKeyForClientsWithoutCurve) {
  admit_by_key(server, own);
  const std::string endpoint = bind();
  MonitoredClient keyless;
  EXPECT_NE(outcome_of(keyless, endpoint), kAdmitted);
  MonitoredClient plain;
  plain.socket.set(zmq::sockopt::plain_username, "ada");
  plain.socket.set(zmq::sockopt::plain_password, "secret");
  EXPECT_NE(outcome_of(plain, endpoint), kAdmitted);
}

TEST_F(ZapHandlerTest, LetsAnyoneInWhereNoKeyIsAsked) {
  const TemporaryDirectory directory;
  for (const auto& [domain, endpoint] :
       {std::pair(OpenDomain::kLocal, "ipc://" + directory.file("s")), {OpenDomain::kInsecure, "tcp://127.0.0.1:*"}}) {
    admit_anyone(server, domain);
    MonitoredClient client;
    EXPECT_EQ(outcome_of(client, bind(endpoint)), kAdmitted);
    zmq::message_t request = request_of(client);
    EXPECT_STREQ(request.gets("User-Id"), "");
    EXPECT_STREQ(request.gets(kKeyProperty), "");
  }
  EXPECT_EQ(handler.refused(), 0U);
}

TEST_F(ZapHandlerTest, OneSocketMayAskForKeysOnOneEndpointOnly) {
  const TemporaryDirectory directory;
  admit_anyone(server, OpenDomain::kLocal);
  const std::string local = bind("ipc://" + directory.file("s"));
  admit_by_key(server, own);
  const std::string remote = bind();
  admit_anyone(server, OpenDomain::kInsecure);
  const std::string insecure = bind();
  for (const auto& [endpoint, open] : {std::pair(local, true), {remote, false}, {insecure, true}}) {
    MonitoredClient client;
    EXPECT_EQ(outcome_of(client, endpoint) == kAdmitted, open) << endpoint;
  }
  MonitoredClient client;
  give_keys(client, ada, own.public_key);
  EXPECT_EQ(outcome_of(client, remote), kAdmitted);
  EXPECT_STREQ(request_of(client).gets("User-Id"), "ada");
}

TEST_F(ZapHandlerTest, SubscribersNeedAKeyToo) {
  zmq::socket_t events(context, zmq::socket_type::xpub);
  admit_by_key(events, own);
  events.bind("tcp://127.0.0.1:*");
  const std::string endpoint = events.get(zmq::sockopt::last_endpoint);
  MonitoredClient wrong(zmq::socket_type::sub);
  give_keys(wrong, eve, own.public_key);
  EXPECT_EQ(outcome_of(wrong, endpoint), kRefused);
  MonitoredClient right(zmq::socket_type::sub);
  give_keys(right, ada, own.public_key);
  EXPECT_EQ(outcome_of(right, endpoint), kAdmitted);
}

TEST_F(ZapHandlerTest, WhatAClientCallsItselfIsNotBelieved) {
  admit_anyone(server, OpenDomain::kInsecure);
  const std::string endpoint = bind();
  std::thread client(
      claim, static_cast<std::uint16_t>(std::stoi(endpoint.substr(endpoint.rfind(':') + 1))),
      std::vector<std::pair<std::string, std::string>>{
          {"Socket-Type", "REQ"}, {"User-Id", "ada"}, {kKeyProperty, ada.public_key}, {"X-Other", "heard"}});
  zmq::message_t request;
  serve_until([&] { return server.recv(request, zmq::recv_flags::dontwait).has_value(); }, {server});
  client.join();
  ASSERT_EQ(request.to_string(), "hello");
  EXPECT_STREQ(request.gets("X-Other"), "heard");
  EXPECT_STREQ(request.gets("User-Id"), "");
  EXPECT_STREQ(request.gets(kKeyProperty), "");
}

TEST_F(ZapHandlerTest, WithoutOneNobodyGetsIn) {
  zmq::context_t other;
  zmq::socket_t unguarded(other, zmq::socket_type::rep);
  admit_anyone(unguarded, OpenDomain::kInsecure);
  unguarded.set(zmq::sockopt::handshake_ivl, 100);  // it is left unanswered until then
  unguarded.bind("tcp://127.0.0.1:*");
  MonitoredClient client;
  EXPECT_NE(outcome_of(client, unguarded.get(zmq::sockopt::last_endpoint)), kAdmitted);
}

TEST_F(ZapHandlerTest, IsAloneInItsContext) { EXPECT_THROW(ZapHandler{context}, zmq::error_t); }

TEST_F(ZapHandlerTest, AnswersRequestsAsRfc27Says) {
  const std::string key(kCurveKeyBytes, 'k');
  EXPECT_EQ(status_of({"1.0", "1", "local", "localhost:0:0:1", "", "NULL"}), "200");
  EXPECT_EQ(status_of({"1.0", "1", "curve", "10.0.0.1", "", "CURVE", key}), "400");
  EXPECT_EQ(status_of({"1.0", "1", "local", "10.0.0.1", "", "CURVE", key}), "400");
  EXPECT_EQ(status_of({"1.0", "1", "curve", "10.0.0.1", "", "NULL"}), "400");
  EXPECT_EQ(status_of({"1.0", "1", "curve", "10.0.0.1", "", "PLAIN", "ada", "secret"}), "400");
  EXPECT_EQ(status_of({"1.0", "1", "insecure", "10.0.0.1", "", "PLAIN", "ada", "secret"}), "400");
  EXPECT_EQ(status_of({"1.0", "1", "", "10.0.0.1", "", "NULL"}), "400");
  EXPECT_EQ(handler.refused(), 6U);
  EXPECT_THAT(answer_to({"1.0", "a request", "local", "", "", "NULL"}),
              ElementsAre("1.0", "a request", "200", "OK", "", std::string("\x0aShmbus-Key\0\0\0\0", 15)));
}

TEST_F(ZapHandlerTest, AnswersGarbageAndGoesOn) {
  const std::string key(kCurveKeyBytes, 'k');
  const std::string large(1 << 20, 'x');
  std::vector<std::string> many{"1.0", "1", "local", "a", "", "NULL"};
  many.resize(10'000);
  const std::vector<std::vector<std::string>> garbage{{""},
                                                      {"1.0"},
                                                      {"1.0", "1", "local", "a", ""},
                                                      {"2.0", "1", "local", "a", "", "NULL"},
                                                      {"1.0", "", "local", "a", "", "NULL"},
                                                      {"1.0", std::string(256, '1'), "local", "a", "", "NULL"},
                                                      {"1.0", "1", "local", "a", "", "NULL", ""},
                                                      {"1.0", "1", "curve", "a", "", "CURVE"},
                                                      {"1.0", "1", "curve", "a", "", "CURVE", key.substr(1)},
                                                      {"1.0", "1", "curve", "a", "", "CURVE", ada.public_key},
                                                      {"1.0", "1", "curve", "a", "", "CURVE", key, ""},
                                                      {"1.0", "1", large, large, large, large, large},
                                                      many};
  for (const std::vector<std::string>& frames : garbage) {
    const std::string status = status_of(frames);
    EXPECT_TRUE(status == "400" || status == "500") << frames.size() << " frames: " << status;
  }
  EXPECT_EQ(handler.refused(), garbage.size());
  for (const std::string& line : log.take()) {
    EXPECT_LT(line.size(), 400U);
  }
  EXPECT_EQ(status_of({"1.0", "1", "local", "a", "", "NULL"}), "200");
}

TEST_F(ZapHandlerTest, NeverWaits) {
  handler.answer(Clock::now());
  EXPECT_EQ(handler.refused(), 0U);
}

}  // namespace
}  // namespace shmbus::agent
