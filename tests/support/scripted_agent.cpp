#include "tests/support/scripted_agent.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "protocol/codec/events.hpp"
#include "protocol/codec/replies.hpp"

namespace shmbus {
namespace {

// Returns the frames of the next message; empty if none waits.
std::vector<std::string> receive(zmq::socket_t& socket) {
  std::vector<std::string> frames;
  zmq::message_t frame;
  do {
    if (!socket.recv(frame, zmq::recv_flags::dontwait)) {
      break;
    }
    frames.push_back(frame.to_string());
  } while (frame.more());
  return frames;
}

}  // namespace

std::string reply_to(const DecodedRequest& request, std::variant<OperationResult, Error> outcome, std::uint64_t epoch,
                     std::uint64_t seq) {
  return encode_reply({.id = request.id, .outcome = std::move(outcome), .repeated = false, .epoch = epoch, .seq = seq});
}

ScriptedAgent::ScriptedAgent(Handler handler) : handler_(std::move(handler)) {
  router_.set(zmq::sockopt::linger, 0);
  router_.bind(commands().address);
  xpub_.set(zmq::sockopt::linger, 0);
  xpub_.set(zmq::sockopt::xpub_verbose, true);
  xpub_.bind(events().address);
  thread_ = std::thread(&ScriptedAgent::run, this);
}

ScriptedAgent::~ScriptedAgent() {
  do_in_thread([this] { stopping_ = true; });
  thread_.join();
}

void ScriptedAgent::answer_by(Handler handler) {
  do_in_thread([&] { handler_ = std::move(handler); });
}

void ScriptedAgent::answer_sync_with(std::uint64_t epoch, std::uint64_t seq) {
  do_in_thread([&] {
    epoch_ = epoch;
    seq_ = seq;
  });
}

void ScriptedAgent::publish(std::string_view topic, std::string_view body) {
  do_in_thread([&] {
    xpub_.send(zmq::buffer(topic), zmq::send_flags::sndmore);
    xpub_.send(zmq::buffer(body), zmq::send_flags::none);
  });
}

void ScriptedAgent::send_to_sender_of(int nth, const std::vector<std::string>& frames) {
  do_in_thread([&] { send(received_.at(static_cast<std::size_t>(nth) - 1).route, frames); });
}

void ScriptedAgent::do_in_thread(const std::function<void()>& task) {
  std::unique_lock lock(mutex_);
  task_ = &task;
  has_task_.raise();
  task_done_.wait(lock, [this] { return task_ == nullptr; });
}

std::vector<std::string> ScriptedAgent::requests() {
  std::vector<std::string> frames;
  do_in_thread([&] {
    std::transform(received_.begin(), received_.end(), std::back_inserter(frames),
                   [](const Received& received) { return received.frame; });
  });
  return frames;
}

std::vector<std::string> ScriptedAgent::sync_topics() {
  std::vector<std::string> topics;
  do_in_thread([&] { topics = sync_topics_; });
  return topics;
}

void ScriptedAgent::run() {
  std::array<zmq::pollitem_t, 3> items{{{router_.handle(), 0, ZMQ_POLLIN, 0},
                                        {xpub_.handle(), 0, ZMQ_POLLIN, 0},
                                        {nullptr, has_task_.fd(), ZMQ_POLLIN, 0}}};
  while (!stopping_) {
    zmq::poll(items.data(), items.size(), std::chrono::milliseconds(-1));
    serve_subscriptions();
    serve_requests();
    if (items[2].revents != 0) {
      has_task_.lower();
      const std::lock_guard lock(mutex_);
      (*task_)();
      task_ = nullptr;
      task_done_.notify_all();
    }
  }
}

void ScriptedAgent::serve_requests() {
  for (std::vector<std::string> frames = receive(router_); !frames.empty(); frames = receive(router_)) {
    if (frames.size() != 3 || !frames[1].empty()) {  // not the form that our clients send
      continue;
    }
    const Received& request = received_.emplace_back(Received{frames[0], frames[2]});
    for (const std::string& reply : handler_(decode_request(request.frame), static_cast<int>(received_.size()))) {
      send(request.route, {"", reply});
    }
  }
}

void ScriptedAgent::serve_subscriptions() {
  for (std::vector<std::string> frames = receive(xpub_); !frames.empty(); frames = receive(xpub_)) {
    const std::string& frame = frames.front();
    if (!frame.starts_with('\x01') || !is_sync_topic(std::string_view(frame).substr(1))) {
      continue;
    }
    sync_topics_.push_back(frame.substr(1));
    xpub_.send(zmq::buffer(sync_topics_.back()), zmq::send_flags::sndmore);
    xpub_.send(zmq::buffer(encode_notice({.epoch = epoch_, .seq = seq_, .host = {}, .time_ns = {}})),
               zmq::send_flags::none);
  }
}

void ScriptedAgent::send(const std::string& route, const std::vector<std::string>& frames) {
  router_.send(zmq::buffer(route), zmq::send_flags::sndmore);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    router_.send(zmq::buffer(frames[i]), i + 1 < frames.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
  }
}

}  // namespace shmbus
