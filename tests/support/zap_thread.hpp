// A thread that runs a ZAP handler, for tests of sockets whose connections need one.
#pragma once

#include <future>
#include <thread>
#include <zmq.hpp>

#include "agent/transport/zap_handler.hpp"

namespace shmbus::agent {

// The handler serves from the end of the constructor until destruction, which must come before that of the context.
class ZapThread {
 public:
  explicit ZapThread(zmq::context_t& context) : end_(context, zmq::socket_type::pair) {
    end_.bind("inproc://end-of-zap-thread");
    std::promise<void> ready;
    thread_ = std::jthread([&context, &ready] {
      ZapHandler handler(context);
      zmq::socket_t end(context, zmq::socket_type::pair);
      end.connect("inproc://end-of-zap-thread");
      ready.set_value();
      zmq::pollitem_t items[]{{handler.socket().handle(), 0, ZMQ_POLLIN, 0}, {end.handle(), 0, ZMQ_POLLIN, 0}};
      while (items[1].revents == 0) {
        zmq::poll(items, 2, std::chrono::milliseconds(-1));
        handler.answer(Clock::now());
      }
    });
    ready.get_future().wait();
  }
  ZapThread(const ZapThread&) = delete;
  ZapThread& operator=(const ZapThread&) = delete;
  ~ZapThread() { zmq_send(end_.handle(), "", 0, 0); }  // the thread's own destructor waits for it

 private:
  zmq::socket_t end_;
  std::jthread thread_;
};

}  // namespace shmbus::agent
