#include "agent/base/memory_reserve.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

namespace shmbus::agent {
namespace {

std::atomic<void*> reserve{nullptr};

void free_reserve() {
  void* const taken = reserve.exchange(nullptr);
  if (taken == nullptr) {
    throw std::bad_alloc();
  }
  std::free(taken);
}

}  // namespace

void MemoryReserve::take() {
  std::set_new_handler(free_reserve);
  if (!is_there()) {
    throw std::bad_alloc();
  }
}

bool MemoryReserve::is_there() {
  if (reserve.load() != nullptr) {
    return true;
  }
  void* const taken = std::malloc(kBytes);  // not operator new, whose handler would be called
  void* none = nullptr;
  if (taken != nullptr && !reserve.compare_exchange_strong(none, taken)) {
    std::free(taken);
  }
  return taken != nullptr;
}

}  // namespace shmbus::agent
