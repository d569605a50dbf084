// What the loop of one thread waits for: descriptors and ZeroMQ sockets, each with the work that is done about it.
#pragma once

#include <poll.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <vector>

namespace shmbus::agent {

// poll(2) on the sockets' own descriptors, because zmq_poll(3) asks every socket before and after it waits, with a
// system call each. The price (ZMQ_FD in zmq_getsockopt(3)): a socket's descriptor tells once that something came, and
// whatever is done with the socket may take that in. So the work of a socket receives until there is nothing, or says
// that it did not; and if it sent meanwhile, it receives again before the next wait.
class WaitSet {
 public:
  // Called once in each turn. `told`: there may be something to read. Returns whether there may be still, so that the
  // next turn does not wait and tells it again.
  using Work = std::function<bool(bool told)>;

  // Work is done in the order of adding. Borrows the descriptors; a socket's is its ZMQ_FD.
  void add_socket(int descriptor, Work work);
  void add_descriptor(int descriptor, std::function<void()> work);  // called while it is readable
  // The same, as long as `listens` says so before the wait.
  void add_descriptor(int descriptor, std::function<bool()> listens, std::function<void()> work);
  void add_each_turn(std::function<void()> work);

  // Waits until something is there, or for `timeout` at the most, and calls all work. Throws std::system_error.
  void turn(std::chrono::milliseconds timeout);

 private:
  struct Entry {
    int descriptor;                 // -1: none
    std::function<bool()> listens;  // empty: always
    Work work;
    bool told;
  };

  std::vector<Entry> entries_;
  std::vector<pollfd> polled_;  // one for each entry
};

}  // namespace shmbus::agent
