// A command server on the fake kernel, with its clients.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>
#include <zmq.hpp>

#include "agent/requests/command_server.hpp"
#include "tests/support/agent_fixture.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/zap_thread.hpp"

namespace shmbus::agent {

class CommandServerTest : public AgentFixture {
 protected:
  CommandServerTest() : path(directory.file("commands.sock")), endpoint("ipc://" + path) {}

  Binding& bind(const std::string& to, Transport transport = Transport::kPrivate, const SocketAccess& access = {}) {
    Result<Binding> bound = server->bind({to, transport}, access);
    if (!bound) {
      throw std::runtime_error(bound.error().message);
    }
    return bindings.emplace_back(*std::move(bound));
  }

  zmq::socket_t client(const std::string& to, zmq::socket_type type = zmq::socket_type::req) {
    zmq::socket_t made(*server_context, type);
    made.set(zmq::sockopt::linger, 0);
    made.connect(to);
    return made;
  }

  // Serves until so many requests are answered.
  void serve(std::size_t requests = 1) {
    for (std::size_t served = server->take_served(); served < requests; served += server->take_served()) {
      zmq::pollitem_t item{server->sockets().front().socket.handle(), 0, ZMQ_POLLIN, 0};
      zmq::poll(&item, 1, std::chrono::milliseconds(-1));
      while (server->serve(0)) {
      }
    }
  }

  static void send(zmq::socket_t& from, const std::vector<std::string>& frames) {
    for (std::size_t i = 0; i < frames.size(); ++i) {
      from.send(zmq::buffer(frames[i]), i + 1 < frames.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
    }
  }
  static std::string next_frame(zmq::socket_t& client) {
    zmq::message_t frame;
    EXPECT_TRUE(client.recv(frame));
    return frame.to_string();
  }
  static Reply reply_to(zmq::socket_t& client) { return decode_reply(next_frame(client), PingRequest{}).value(); }

  static std::string ping(std::uint64_t id) { return encode_request({id, {}, {}, PingRequest{}}); }

  // Ends the sockets and their context, as the agent's end does before it lets go of the bindings.
  void close() {
    server.reset();
    zap.reset();
    server_context.reset();
  }

  const TemporaryDirectory directory;
  const std::string path;
  const std::string endpoint;
  std::vector<Binding> bindings;
  const AuthorizedKeys keys;
  Authenticator authenticator{{.identity = {.uid = ::geteuid(), .gid = ::getegid(), .groups = {}}}, {}, 0, keys};
  std::unique_ptr<zmq::context_t> server_context = std::make_unique<zmq::context_t>();
  std::unique_ptr<ZapThread> zap = std::make_unique<ZapThread>(*server_context);
  std::unique_ptr<CommandServer> server =
      std::make_unique<CommandServer>(*server_context, authenticator, dispatcher, limits);
};

}  // namespace shmbus::agent
