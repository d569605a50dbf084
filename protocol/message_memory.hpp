// What libzmq takes for the messages of a process.
#pragma once

namespace shmbus {

// Has the process keep the memory of messages up to a frame's size and use it again. Otherwise the C library gives each
// large one back to the kernel, and the next one is mapped and faulted in anew, which costs several times what it takes
// to copy it. Up to 8 MiB for each of libzmq's threads stay resident. Call it before there are threads.
void keep_message_memory();

// Gives back to the kernel what was kept and is free, in up to some milliseconds: for when nobody waits. Any thread.
void give_back_message_memory();

}  // namespace shmbus
