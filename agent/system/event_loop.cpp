#include "agent/system/event_loop.hpp"

#include <sys/timerfd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <system_error>
#include <utility>

namespace shmbus::agent {
namespace {

constexpr std::uint64_t kTimer = std::numeric_limits<std::uint64_t>::max();  // in place of an entry's index

void require(bool done, const char* call) {
  if (!done) {
    throw std::system_error(errno, std::generic_category(), call);
  }
}

EventLoop::Work with_no_more(std::function<void()> work) {
  return [work = std::move(work)] {
    work();
    return false;
  };
}

}  // namespace

EventLoop::EventLoop()
    : epoll_(epoll_create1(EPOLL_CLOEXEC)), timer_(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC)), ready_(1) {
  require(epoll_.valid(), "epoll_create1");
  require(timer_.valid(), "timerfd_create");
  epoll_event event{.events = EPOLLIN | EPOLLET, .data = {.u64 = kTimer}};
  require(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, timer_.get(), &event) == 0, "epoll_ctl");
}

void EventLoop::add_socket(int descriptor, Work work, std::function<bool()> pending) {
  // Ready from the start: messages may have arrived, and the descriptor need not report them again.
  add({.descriptor = descriptor, .work = std::move(work), .pending = std::move(pending), .is_ready = true},
      EPOLLIN | EPOLLET);
}

void EventLoop::add_descriptor(int descriptor, std::function<void()> work, std::function<bool()> listens) {
  const Work done = with_no_more(std::move(work));
  add({.descriptor = descriptor, .work = done, .listens = std::move(listens)}, EPOLLIN);
}

void EventLoop::add_when_due(std::function<void()> work) {
  const Work done = with_no_more(std::move(work));
  when_due_ = entries_.size();
  add({.descriptor = -1, .work = done}, 0);
}

void EventLoop::run_once(std::chrono::steady_clock::time_point deadline) {
  bool waits = true;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    Entry& entry = entries_[i];
    waits = waits && !entry.is_ready;
    if (entry.listens && entry.listens() != entry.listening) {
      entry.listening = !entry.listening;
      register_as(EPOLL_CTL_MOD, i, entry.listening ? std::uint32_t{EPOLLIN} : 0);
    }
  }
  if (deadline < alarm_) {
    set_alarm(deadline);
  }
  const int told = epoll_wait(epoll_.get(), ready_.data(), static_cast<int>(ready_.size()), waits ? -1 : 0);
  require(told >= 0 || errno == EINTR, "epoll_wait");
  for (int i = 0; i < told; ++i) {
    const std::uint64_t who = ready_[static_cast<std::size_t>(i)].data.u64;
    if (who != kTimer) {
      entries_[who].is_ready = true;
      continue;
    }
    alarm_ = kNoAlarm;
    if (when_due_) {
      entries_[*when_due_].is_ready = true;
    }
  }
  for (Entry& entry : entries_) {
    if (entry.is_ready || (entry.pending && entry.pending())) {
      entry.is_ready = entry.work();
    }
  }
}

void EventLoop::add(Entry entry, std::uint32_t events) {
  entries_.push_back(std::move(entry));
  ready_.resize(entries_.size() + 1);
  register_as(EPOLL_CTL_ADD, entries_.size() - 1, events);
}

void EventLoop::register_as(int change, std::size_t entry, std::uint32_t events) {
  const int descriptor = entries_[entry].descriptor;
  epoll_event event{.events = events, .data = {.u64 = entry}};
  require(descriptor < 0 || epoll_ctl(epoll_.get(), change, descriptor, &event) == 0, "epoll_ctl");
}

// steady_clock is CLOCK_MONOTONIC. A deadline in the past expires at once.
void EventLoop::set_alarm(std::chrono::steady_clock::time_point deadline) {
  constexpr std::chrono::nanoseconds kAtOnce{1};  // 0 would disarm the timer
  const auto since_boot = std::max<std::chrono::nanoseconds>(deadline.time_since_epoch(), kAtOnce);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since_boot);
  const itimerspec at{.it_interval = {},
                      .it_value = {.tv_sec = seconds.count(), .tv_nsec = (since_boot - seconds).count()}};
  require(timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &at, nullptr) == 0, "timerfd_settime");
  alarm_ = deadline;
}

}  // namespace shmbus::agent
