"""A call of another process that takes long: its change is published when it ends, though its end wakes nobody."""
import contextlib
import ctypes
import fcntl
import mmap
import os
import platform
import select
import struct
import threading
import time

import actors
import bus

SYS_USERFAULTFD = {"x86_64": 323, "aarch64": 282}.get(platform.machine())
UFFDIO_API, UFFDIO_REGISTER, UFFDIO_COPY = 0xC018AA3F, 0xC020AA00, 0xC028AA03  # as <linux/userfaultfd.h> makes them


class MissingPage:
    """A page whose reader waits until `supply` is called."""

    def __init__(self, test):
        self.descriptor = actors.LIBC.syscall(SYS_USERFAULTFD, os.O_CLOEXEC) if SYS_USERFAULTFD else -1
        if self.descriptor < 0:
            test.skipTest("no userfaultfd here, to make a call slow")
        self.page = mmap.mmap(-1, mmap.PAGESIZE)
        self.view = ctypes.c_char.from_buffer(self.page)
        self.address = ctypes.addressof(self.view)
        fcntl.ioctl(self.descriptor, UFFDIO_API, struct.pack("QQQ", 0xAA, 0, 0))
        fcntl.ioctl(self.descriptor, UFFDIO_REGISTER, struct.pack("QQQQ", self.address, mmap.PAGESIZE, 1, 0))

    def is_waited_for(self):
        return bool(select.select([self.descriptor], [], [], bus.PATIENCE)[0])

    def supply(self, content):
        source = ctypes.create_string_buffer(bytes(content), mmap.PAGESIZE)
        copy = struct.pack("QQQQq", self.address, ctypes.addressof(source), mmap.PAGESIZE, 0, 0)
        with contextlib.suppress(FileExistsError):
            fcntl.ioctl(self.descriptor, UFFDIO_COPY, copy)

    def close(self):
        os.close(self.descriptor)


class SlowCallTest(bus.BusTest):
    OPTIONS = ("--settle", "1")  # ms
    SOON_MS = 4000  # before the scan of every 5 s

    def test_a_change_is_told_after_its_call_was_seen_going_on(self):
        if self.client.result("info")["detection"]["mode"] != "trace":
            self.skipTest("calls can't be traced here")
        shmid = self.client.result("create", shm_key="private", shm_segsz=100)["shm_shmid"]
        subscriber = self.subscribe()
        page = MissingPage(self)
        self.addCleanup(page.close)
        told = threading.Event()

        def change():  # the thread's end would wake the agent, so that comes last
            actors.LIBC.shmctl(shmid, actors.IPC_SET, page.address)
            told.wait(bus.PATIENCE)

        changer = threading.Thread(target=change)
        changer.start()
        self.addCleanup(changer.join)
        self.addCleanup(told.set)
        wanted = actors.Permissions(uid=os.getuid(), gid=os.getgid(), mode=0o640)
        self.addCleanup(page.supply, wanted)
        self.assertTrue(page.is_waited_for())
        deadline = time.monotonic() + 0.01
        while time.monotonic() < deadline:  # turns of the agent until it has followed the call as far as it went
            self.client.result("ping")
        page.supply(wanted)
        self.assertTrue(subscriber.socket.poll(self.SOON_MS), "no event came")
        _, event = subscriber.receive()
        self.assertEqual((event["event"], event["shm_shmid"], event["changed"]["mode"]), ("set", shmid, [600, 640]))
        self.assertEqual(event["actor"]["pid"], os.getpid())


if __name__ == "__main__":
    bus.main()
