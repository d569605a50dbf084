#include "agent/kernel/wait_set.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace shmbus::agent {
namespace {

void require(bool done, const char* call) {
  if (!done) {
    throw std::system_error(errno, std::generic_category(), call);
  }
}

}  // namespace

WaitSet::WaitSet() : epoll_(epoll_create1(EPOLL_CLOEXEC)) { require(epoll_.valid(), "epoll_create1"); }

void WaitSet::add_socket(int descriptor, Work work) {
  add({descriptor, {}, std::move(work), true}, EPOLLIN | EPOLLET);  // what came before is told in the first turn
}

void WaitSet::add_descriptor(int descriptor, std::function<void()> work) {
  add_descriptor(descriptor, {}, std::move(work));
}

void WaitSet::add_descriptor(int descriptor, std::function<bool()> listens, std::function<void()> work) {
  const auto when_told = [work = std::move(work)](bool told) {
    if (told) {
      work();
    }
    return false;
  };
  add({descriptor, std::move(listens), when_told, false}, EPOLLIN);
}

void WaitSet::add_each_turn(std::function<void()> work) {
  const auto always = [work = std::move(work)](bool /*told*/) {
    work();
    return false;
  };
  add({-1, {}, always, false}, 0);
}

void WaitSet::turn(std::chrono::milliseconds timeout) {
  bool waits = true;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    Entry& entry = entries_[i];
    waits = waits && !entry.told;
    if (entry.listens && entry.listens() != entry.listening) {
      entry.listening = !entry.listening;
      register_as(EPOLL_CTL_MOD, i, entry.listening ? std::uint32_t{EPOLLIN} : 0);
    }
  }
  const int told = epoll_wait(epoll_.get(), told_.data(), static_cast<int>(told_.size()),
                              waits ? static_cast<int>(timeout.count()) : 0);
  require(told >= 0 || errno == EINTR, "epoll_wait");
  for (int i = 0; i < told; ++i) {
    entries_[told_[static_cast<std::size_t>(i)].data.u64].told = true;
  }
  for (Entry& entry : entries_) {
    entry.told = entry.work(entry.told);
  }
}

void WaitSet::add(Entry entry, std::uint32_t events) {
  entries_.push_back(std::move(entry));
  told_.resize(entries_.size());
  register_as(EPOLL_CTL_ADD, entries_.size() - 1, events);
}

void WaitSet::register_as(int change, std::size_t entry, std::uint32_t events) {
  const int descriptor = entries_[entry].descriptor;
  epoll_event event{.events = events, .data = {.u64 = entry}};
  require(descriptor < 0 || epoll_ctl(epoll_.get(), change, descriptor, &event) == 0, "epoll_ctl");
}

}  // namespace shmbus::agent
