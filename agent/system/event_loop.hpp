// Waits for descriptors, ZeroMQ sockets and a deadline in one thread, and does the work that belongs to each.
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

// The loop of one thread. Each entry is a descriptor or a socket with its work. run_once() waits until an entry is
// ready, then does the work of every ready entry, in the order in which the entries were added.
//
// The idea: zmq_poll(3) asks every socket before and after it waits, with a system call each. This loop uses epoll(7)
// on the sockets' own descriptors instead (ZMQ_FD in zmq_getsockopt(3)), so a silent socket costs nothing. The price is
// that such a descriptor is edge-triggered. It reports an arrival once, and any use of the socket, even a send, may
// consume that report. Two rules make up for it:
// - The work of a socket receives until nothing is left, or returns true. The next round repeats it without a wait.
// - A socket that other entries send on has a `pending` function. If that returns true, its work is done as well.
//
// The deadline is a timer descriptor in the same epoll set. It stays set from round to round, so no wait has to set it.
//
// Not thread-safe. Work must not add entries. An exception from work leaves run_once().
class EventLoop {
 public:
  // The work of one entry. Returns whether there may be more to read; the next round then does not wait and repeats it.
  using Work = std::function<bool()>;

  // Creates the epoll set and the timer. Like all functions below, throws std::system_error if a system call fails.
  EventLoop();

  // Adds a ZeroMQ socket by its ZMQ_FD, or -1 for a descriptor that is never ready. Borrows the descriptor, which must
  // be added once only. The first round does the work without a wait, because messages may have arrived before.
  // `pending` is called when the entry's turn comes, so the socket belongs after the entries that send on it.
  void add_socket(int descriptor, Work work, std::function<bool()> pending = {});
  // Adds a descriptor (borrowed, once only; -1: never ready). Its work is done in each round in which the descriptor is
  // readable. `listens` is called before each wait; while it returns false, the descriptor does not wake the loop.
  void add_descriptor(int descriptor, std::function<void()> work, std::function<bool()> listens = {});
  // Adds the work for an expired deadline. The work finds out what is due. There is at most one such entry.
  void add_when_due(std::function<void()> work);

  // Runs one round: waits until an entry is ready or `deadline` expires, then does the work. time_point::max() is no
  // deadline. A deadline that is put off still wakes the loop once at its old time, because moving the timer at each
  // request would cost a system call each. A signal ends the wait early.
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

  UniqueFd epoll_, timer_;                                  // timer_ is in the set of epoll_
  std::chrono::steady_clock::time_point alarm_ = kNoAlarm;  // the time that the timer is set to
  std::vector<Entry> entries_;
  std::optional<std::size_t> when_due_;  // index of the entry for deadlines
  std::vector<epoll_event> ready_;       // one for each entry and one for the timer
};

}  // namespace shmbus::agent
