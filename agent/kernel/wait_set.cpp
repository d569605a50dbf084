#include "agent/kernel/wait_set.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace shmbus::agent {

void WaitSet::add_socket(int descriptor, Work work) {
  entries_.push_back({descriptor, {}, std::move(work), true});  // what came before is told in the first turn
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
  entries_.push_back({descriptor, std::move(listens), when_told, false});
}

void WaitSet::add_each_turn(std::function<void()> work) {
  const auto always = [work = std::move(work)](bool /*told*/) {
    work();
    return false;
  };
  entries_.push_back({-1, {}, always, false});
}

void WaitSet::turn(std::chrono::milliseconds timeout) {
  polled_.clear();
  for (const Entry& entry : entries_) {
    const bool listens = !entry.listens || entry.listens();
    polled_.push_back({listens ? entry.descriptor : -1, POLLIN, 0});  // -1 is passed over
  }
  const bool waits = std::none_of(entries_.begin(), entries_.end(), [](const Entry& entry) { return entry.told; });
  if (poll(polled_.data(), polled_.size(), waits ? static_cast<int>(timeout.count()) : 0) < 0 && errno != EINTR) {
    throw std::system_error(errno, std::generic_category(), "poll");
  }
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    Entry& entry = entries_[i];
    entry.told = entry.work(entry.told || polled_[i].revents != 0);
  }
}

}  // namespace shmbus::agent
