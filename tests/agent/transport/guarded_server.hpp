// A server behind a ZapHandler, and clients that want in: all in the test's thread, which serves whoever waits.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "agent/transport/zap_handler.hpp"
#include "tests/support/captured_log.hpp"
#include "tests/support/monitored_client.hpp"
#include "tests/support/temporary_directory.hpp"

namespace shmbus::agent {

inline CurvePair new_curve_pair() {
  std::array<char, 41> public_key{};
  std::array<char, 41> secret_key{};
  EXPECT_EQ(zmq_curve_keypair(public_key.data(), secret_key.data()), 0);
  return {public_key.data(), secret_key.data()};
}

class GuardedServer : public testing::Test {
 protected:
  static constexpr std::chrono::seconds kPatience{30};

  // The keys of those named, read from a directory as the agent does.
  static AuthorizedKeys ring_of(const std::vector<std::pair<std::string, CurvePair>>& callers) {
    const TemporaryDirectory directory;
    for (const auto& [name, pair] : callers) {
      std::ofstream(directory.file(name + kPublicKeySuffix)) << pair.public_key;
    }
    return *AuthorizedKeys::load(directory.path());
  }

  std::string bind(const std::string& endpoint = "tcp://127.0.0.1:*") {
    server.bind(endpoint);
    return server.get(zmq::sockopt::last_endpoint);
  }

  static void give_keys(MonitoredClient& client, const CurvePair& own, const std::string& server_key) {
    client.socket.set(zmq::sockopt::curve_publickey, own.public_key);
    client.socket.set(zmq::sockopt::curve_secretkey, own.secret_key);
    client.socket.set(zmq::sockopt::curve_serverkey, server_key);
  }

  // Serves the handler, and what else the test watches, until `done`, which is asked after each turn.
  void serve_until(const std::function<bool()>& done, const std::vector<zmq::socket_ref>& others = {}) {
    const Clock::time_point deadline = Clock::now() + kPatience;
    std::vector<zmq::pollitem_t> items{{handler.socket().handle(), 0, ZMQ_POLLIN, 0}};
    for (zmq::socket_ref other : others) {
      items.push_back({other.handle(), 0, ZMQ_POLLIN, 0});
    }
    while (!done()) {
      ASSERT_LT(Clock::now(), deadline);
      zmq::poll(items, kPatience);
      handler.answer(Clock::now());
    }
  }

  // Connects, and tells how the first handshake ended for the client.
  int outcome_of(MonitoredClient& client, const std::string& endpoint) {
    std::optional<int> end;
    client.socket.connect(endpoint);
    serve_until([&] { return (end = client.end_of_handshake()).has_value(); }, {client.monitor.socket()});
    return end.value_or(0);
  }

  // Has `client` ask something; gives back the request as the server gets it.
  zmq::message_t request_of(MonitoredClient& client) {
    zmq::message_t request;
    client.socket.send(zmq::buffer("hello", 5), zmq::send_flags::none);
    serve_until([&] { return server.recv(request, zmq::recv_flags::dontwait).has_value(); }, {server});
    server.send(zmq::message_t(), zmq::send_flags::none);
    zmq::message_t reply;
    serve_until([&] { return client.socket.recv(reply, zmq::recv_flags::dontwait).has_value(); }, {client.socket});
    return request;
  }

  CapturedLog log;
  const CurvePair own = new_curve_pair();
  const CurvePair ada = new_curve_pair();
  const CurvePair eve = new_curve_pair();
  zmq::context_t context;
  ZapHandler handler{context, ring_of({{"ada", ada}})};
  zmq::socket_t server{context, zmq::socket_type::rep};
};

}  // namespace shmbus::agent
