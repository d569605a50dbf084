// A command socket with its clients.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>
#include <zmq.hpp>

#include "agent/requests/command_socket.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/zap_thread.hpp"

namespace shmbus::agent {

class CommandSocketTest : public ::testing::Test {
 protected:
  CommandSocketTest() : path(directory.file("commands.sock")), endpoint("ipc://" + path) {}

  Binding& bind(const std::string& to, Transport transport = Transport::kPrivate) {
    socket_ = std::make_unique<CommandSocket>(*context_, Endpoint{to, transport}, Limits{});
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

  // Waits for the next request, past messages that are none.
  Received next(std::size_t at_once = 1) {
    for (;;) {
      const std::optional<Received> request = socket().receive(at_once);
      if (request && request->parts > 0) {
        return *request;
      }
      if (!request) {
        zmq::pollitem_t item{socket().socket().handle(), 0, ZMQ_POLLIN, 0};
        zmq::poll(&item, 1, std::chrono::milliseconds(-1));
      }
    }
  }

  void answer(std::string_view reply) {
    socket().reply(reply);
    EXPECT_TRUE(socket().send_replies());
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
    socket_ = std::make_unique<CommandSocket>(*context_, Endpoint{endpoint, Transport::kLocal}, Limits{});
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

}  // namespace shmbus::agent
