// Settings of the C library for the memory of ZeroMQ messages. They are glibc's, and do nothing with another C library.
#pragma once

namespace shmbus {

// Keeps the memory of freed messages in the process, to be used again. By default the C library returns each large
// block to the kernel, and the next one is mapped and faulted in anew, which costs several times as much as copying the
// message. Up to 8 MiB stay resident for each of libzmq's threads. Call it before the process starts threads. See
// mallopt(3).
void keep_message_memory();

// Returns the free part of the kept memory to the kernel (malloc_trim(3)). It takes up to some milliseconds, so it is
// for times when no caller is waiting. Safe from any thread.
void give_back_message_memory();

}  // namespace shmbus
