#include "protocol/message_memory.hpp"

#include <cstdlib>  // __GLIBC__

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace shmbus {

void keep_message_memory() {
#ifdef __GLIBC__
  constexpr int kMapped = 4 << 20;  // bytes, above any frame; setting it stops glibc's adaptation
  constexpr int kKept = 8 << 20;    // bytes, enough for what a client has in flight
  ::mallopt(M_MMAP_THRESHOLD, kMapped);
  ::mallopt(M_TRIM_THRESHOLD, kKept);
#endif
}

void give_back_message_memory() {
#ifdef __GLIBC__
  ::malloc_trim(0);
#endif
}

}  // namespace shmbus
