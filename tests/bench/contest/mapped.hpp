// A segment mapped into this process, for the scope.
#pragma once

#include <sys/shm.h>

#include <cerrno>
#include <system_error>

namespace shmbus::bench {

class Mapped {
 public:
  // Throws std::system_error.
  explicit Mapped(int shmid) : place_(static_cast<char*>(shmat(shmid, nullptr, 0))) {
    if (place_ == reinterpret_cast<char*>(-1)) {
      throw std::system_error(errno, std::generic_category(), "shmat");
    }
  }
  ~Mapped() { shmdt(place_); }
  Mapped(const Mapped&) = delete;
  Mapped& operator=(const Mapped&) = delete;

  [[nodiscard]] char* place() const { return place_; }

 private:
  char* place_;
};

}  // namespace shmbus::bench
