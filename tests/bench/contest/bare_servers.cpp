#include "tests/bench/contest/bare_servers.hpp"

#include <sys/shm.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace shmbus::bench {
namespace {

constexpr std::uint64_t kExpect = std::uint64_t{1} << 32U;

class Publishing {
 public:
  Publishing(const std::string& endpoint, std::size_t message_bytes)
      : socket_(context_, zmq::socket_type::xpub), message_bytes_(message_bytes) {
    socket_.set(zmq::sockopt::xpub_verbose, true);
    socket_.set(zmq::sockopt::sndhwm, 0);
    socket_.bind(endpoint);
  }

  std::uint64_t act(std::uint64_t number) {
    for (std::uint64_t i = kExpect; i < number; ++i) {
      zmq::message_t subscription;
      static_cast<void>(socket_.recv(subscription));
    }
    for (std::uint64_t i = 0; number < kExpect && i < number; ++i) {
      socket_.send(zmq::str_buffer("shm/5679/0/written"), zmq::send_flags::sndmore);
      socket_.send(zmq::message_t(message_bytes_), zmq::send_flags::none);
    }
    return number;
  }

 private:
  zmq::context_t context_;
  zmq::socket_t socket_;
  std::size_t message_bytes_;
};

}  // namespace

Answering answer_with_stat(int shmid, std::size_t bytes) {
  return [shmid, answer = std::string(bytes, 'x')](zmq::message_t& message) {
    shmid_ds state{};
    if (shmctl(shmid, IPC_STAT, &state) != 0) {
      throw std::system_error(errno, std::generic_category(), "IPC_STAT");
    }
    message.rebuild(answer.data(), answer.size());
  };
}

std::string piece_request(const PieceRequest& request, std::string_view data) {
  std::string bytes(sizeof request, '\0');
  std::memcpy(bytes.data(), &request, sizeof request);
  return bytes.append(data);
}

void serve_pieces(zmq::message_t& message) {
  static int attached = -1;
  static char* place = nullptr;
  PieceRequest request;
  std::memcpy(&request, message.data(), sizeof request);
  if (place == nullptr || request.shmid != attached) {
    if (place != nullptr) {
      shmdt(place);
    }
    void* const mapped = shmat(request.shmid, nullptr, 0);
    if (mapped == reinterpret_cast<void*>(-1)) {
      throw std::system_error(errno, std::generic_category(), "shmat");
    }
    place = static_cast<char*>(mapped);
    attached = request.shmid;
  }
  const std::string_view data = message.to_string_view().substr(sizeof request);
  if (data.empty()) {
    message.rebuild(place + request.offset, request.length);
  } else {
    std::memcpy(place + request.offset, data.data(), data.size());
    message.rebuild();
  }
}

BarePublisher::BarePublisher(const std::string& endpoint, std::size_t message_bytes)
    : child_([endpoint, message_bytes, publishing = std::shared_ptr<Publishing>()](std::uint64_t number) mutable {
        if (!publishing) {
          publishing = std::make_shared<Publishing>(endpoint, message_bytes);
        }
        return publishing->act(number);
      }) {}

void BarePublisher::expect(std::size_t subscribers) { child_.ask(kExpect + subscribers); }

}  // namespace shmbus::bench
