#include "tests/bench/others.hpp"

#include <sys/shm.h>
#include <unistd.h>

#include <stdexcept>

#include "protocol/events.hpp"
#include "tests/bench/child_process.hpp"

namespace shmbus::bench {
namespace {

constexpr useconds_t kPauseUs = 3000;  // longer than the agent waits for more after a change
constexpr std::size_t kEventBytes = 500;
constexpr int kPatienceMs = 10'000;

}  // namespace

std::uint64_t make_or_change(std::uint64_t number) {
  static int changed = -1;
  if (number > 1) {
    for (std::uint64_t i = 1; i < number; ++i) {
      static_cast<void>(shmget(IPC_PRIVATE, 1, IPC_CREAT | 0600));
    }
    changed = shmget(static_cast<key_t>(kChangedKey), 1, IPC_CREAT | 0600);
    return now_ns();
  }
  usleep(kPauseUs);
  shmid_ds wanted{};
  shmctl(changed, IPC_STAT, &wanted);
  wanted.shm_perm.mode = number == 0 ? 0600 : 0640;
  const std::uint64_t when = now_ns();
  shmctl(changed, IPC_SET, &wanted);
  return when;
}

std::uint64_t storm(std::uint64_t times) {
  for (std::uint64_t i = 0; i < times; ++i) {
    shmctl(shmget(static_cast<key_t>(kStormKey), 1, IPC_CREAT | IPC_EXCL | 0600), IPC_RMID, nullptr);
  }
  return now_ns();
}

std::uint64_t Hop::act() {
  if (!socket_) {
    context_ = std::make_unique<zmq::context_t>();
    socket_ = std::make_unique<zmq::socket_t>(*context_, zmq::socket_type::xpub);
    socket_->bind(endpoint_);
    zmq::message_t subscription;
    static_cast<void>(socket_->recv(subscription));
    return now_ns();
  }
  usleep(kPauseUs);
  const std::uint64_t when = now_ns();
  socket_->send(zmq::str_buffer("shm/5679/0/set"), zmq::send_flags::sndmore);
  socket_->send(zmq::message_t(kEventBytes), zmq::send_flags::none);
  return when;
}

Subscriber::Subscriber(zmq::context_t& context, const std::string& endpoint) : socket_(context, zmq::socket_type::sub) {
  const std::string sync = std::string(kSyncTopics) + std::string(kSyncNonceDigits, 'a');
  socket_.set(zmq::sockopt::linger, 0);
  socket_.set(zmq::sockopt::rcvhwm, 0);
  socket_.set(zmq::sockopt::rcvtimeo, kPatienceMs);
  socket_.set(zmq::sockopt::subscribe, kSegmentTopics);
  socket_.set(zmq::sockopt::subscribe, sync);
  socket_.connect(endpoint);
  while (receive().first != sync) {
  }
  socket_.set(zmq::sockopt::unsubscribe, sync);
}

Subscriber::Message Subscriber::receive() {
  zmq::message_t topic;
  zmq::message_t body;
  if (!socket_.recv(topic) || !socket_.recv(body)) {
    throw std::runtime_error("no event came");
  }
  return {topic.to_string(), body.to_string()};
}

std::optional<Subscriber::Message> Subscriber::poll() {
  zmq::message_t topic;
  zmq::message_t body;
  if (!socket_.recv(topic, zmq::recv_flags::dontwait) || !socket_.recv(body)) {
    return std::nullopt;
  }
  return Message{topic.to_string(), body.to_string()};
}

}  // namespace shmbus::bench
