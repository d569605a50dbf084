#include "tests/bench/crowd.hpp"

#include <arpa/inet.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <random>
#include <system_error>
#include <thread>
#include <vector>

#include "tests/bench/timed_client.hpp"

namespace shmbus::bench {
namespace {

constexpr std::chrono::milliseconds kTurn{1};
constexpr std::size_t kTurns = 100;  // in which each connection is checked once
constexpr std::size_t kGarbage = 200;

// ZMTP 3.0 (RFC 23): signature, version, mechanism, no server, filler.
std::string greeting() {
  std::string bytes("\xff\0\0\0\0\0\0\0\x01\x7f\x03\0NULL", 16);
  bytes.resize(64, '\0');
  return bytes;
}

// The rest of the host is where a crowd comes from: it must not take the CPU of the agent, which is ours. Where there
// is one CPU only, nothing changes.
void leave_cpu() {
  cpu_set_t others;
  CPU_ZERO(&others);
  for (int cpu = 0; cpu < static_cast<int>(sysconf(_SC_NPROCESSORS_CONF)); ++cpu) {
    CPU_SET(cpu, &others);
  }
  CPU_CLR(sched_getcpu(), &others);
  static_cast<void>(sched_setaffinity(0, sizeof others, &others));
}

class Crowding {
 public:
  Crowding(const std::string& endpoint, uid_t uid, std::size_t size) : fds_(size, -1) {
    leave_cpu();
    become_user(uid);
    const std::string address = endpoint.substr(6);  // both ipc:// and tcp:// are as long
    if (endpoint.starts_with("ipc://")) {
      sockaddr_un to{};
      to.sun_family = AF_UNIX;
      address.copy(to.sun_path, sizeof to.sun_path - 1);
      set_address(to);
    } else {
      const std::size_t colon = address.rfind(':');
      sockaddr_in to{};
      to.sin_family = AF_INET;
      to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))));
      inet_pton(AF_INET, address.substr(0, colon).c_str(), &to.sin_addr);
      set_address(to);
    }
  }

  void come() {
    for (std::size_t i = 0; i < fds_.size(); ++i) {
      open(i);
    }
    keeper_ = std::jthread([this](const std::stop_token& stop) { keep(stop); });
  }

  void leave() {
    keeper_ = {};
    for (int& fd : fds_) {
      close(fd);
      fd = -1;
    }
  }

  [[nodiscard]] std::uint64_t closed() const { return closed_; }

 private:
  template <class Address>
  void set_address(const Address& to) {
    std::memcpy(&to_, &to, sizeof to);
    length_ = sizeof to;
  }

  void open(std::size_t i) {
    fds_[i] = socket(to_.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fds_[i] < 0 || connect(fds_[i], reinterpret_cast<const sockaddr*>(&to_), length_) != 0) {
      std::fprintf(stderr, "shmbus-bench: a connection of the crowd: %s\n",
                   std::generic_category().message(errno).c_str());
      _exit(1);
    }
    if (i % 6 == 1) {
      say(i, greeting());
    }
    if (i % 2 == 1) {
      say_garbage(i);
    }
  }

  void say(std::size_t i, const std::string& bytes) const {
    static_cast<void>(send(fds_[i], bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
  }

  void say_garbage(std::size_t i) {
    std::string bytes(kGarbage, '\0');
    for (char& byte : bytes) {
      byte = static_cast<char>(random_());
    }
    say(i, bytes);
  }

  [[nodiscard]] bool is_closed(std::size_t i) const {
    std::array<char, 256> bytes;
    for (;;) {
      const ssize_t got = recv(fds_[i], bytes.data(), bytes.size(), MSG_DONTWAIT);
      if (got <= 0) {
        return got == 0 || errno != EAGAIN;
      }
    }
  }

  void keep(const std::stop_token& stop) {
    const std::size_t together = (fds_.size() + kTurns - 1) / kTurns;
    for (std::size_t next = 0; !stop.stop_requested(); std::this_thread::sleep_for(kTurn)) {
      for (std::size_t i = 0; i < together; ++i, next = (next + 1) % fds_.size()) {
        if (is_closed(next)) {
          close(fds_[next]);
          ++closed_;
          open(next);
        } else if (next % 2 == 1) {
          say_garbage(next);
        }
      }
    }
  }

  sockaddr_storage to_{};
  socklen_t length_ = 0;
  std::vector<int> fds_;
  std::mt19937 random_;  // the same garbage each time
  std::atomic<std::uint64_t> closed_ = 0;
  std::jthread keeper_;
};

}  // namespace

Crowd::Crowd(const std::string& endpoint, uid_t uid, std::size_t size)
    : child_([endpoint, uid, size, crowding = std::shared_ptr<Crowding>()](std::uint64_t number) mutable {
        try {
          if (!crowding) {
            crowding = std::make_shared<Crowding>(endpoint, uid, size);
          }
          if (number == 0) {
            crowding->leave();
          } else if (number == 1) {
            crowding->come();
          }
          return crowding->closed();
        } catch (const std::exception& error) {
          std::fprintf(stderr, "shmbus-bench: the crowd: %s\n", error.what());
          _exit(1);
        }
      }) {}

}  // namespace shmbus::bench
