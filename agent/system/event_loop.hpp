// What the loop of one thread waits for: descriptors and ZeroMQ sockets, each with the work that is done about it.
#pragma once

#include <sys/epoll.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "protocol/unique_fd.hpp"

namespace shmbus::agent {

// epoll(7) on the sockets' own descriptors, because zmq_poll(3) asks every socket before and after it waits, with a
// system call each. The price (ZMQ_FD in zmq_getsockopt(3)): a socket's descriptor tells once that something came, and
// whatever is done with the socket may take that in. So the work of a socket receives until there is nothing, or says
// that it did not; and if it sent meanwhile, it receives again before the next wait.
class EventLoop {
 public:
  // What is done in a turn in which a socket told. Returns whether there may be more to read, so that the next turn
  // does not wait and does it again.
  using Work = std::function<bool()>;

  // Throws std::system_error, as everything below.
  EventLoop();

  // Work is done in the order of adding. Borrows the descriptors, each of which is added once; a socket's is its
  // ZMQ_FD, and -1 is one that never tells. With `pending` the work is also done if that says so when its turn comes.
  void add_socket(int descriptor, Work work, std::function<bool()> pending = {});
  // Work is done while the descriptor is readable; with `listens`, if that says so before the wait.
  void add_descriptor(int descriptor, std::function<void()> work, std::function<bool()> listens = {});
  // Called when a deadline is over. Added once at most.
  void add_when_due(std::function<void()> work);

  // Waits until something is there, or until `deadline` at the latest, and does the work. A deadline that is put off
  // is over once more at its old time: putting it off at each request would be a system call each.
  void run_once(std::chrono::steady_clock::time_point deadline);

 private:
  struct Entry {
    int descriptor;  // -1: none
    Work work;
    std::function<bool()> pending;  // empty: never
    std::function<bool()> listens;  // empty: always
    bool is_ready = false;
    bool listening = true;
  };

  void add(Entry entry, std::uint32_t events);
  void register_as(int change, std::size_t entry, std::uint32_t events);
  void set_alarm(std::chrono::steady_clock::time_point deadline);

  static constexpr auto kNoAlarm = std::chrono::steady_clock::time_point::max();

  UniqueFd epoll_, timer_;  // the timer so that no wait has to set one up
  std::chrono::steady_clock::time_point alarm_ = kNoAlarm;
  std::vector<Entry> entries_;
  std::optional<std::size_t> when_due_;  // which entry
  std::vector<epoll_event> ready_;       // room for one of each entry and of the timer
};

}  // namespace shmbus::agent
