"""Runs processes that act on segments. Each takes commands from stdin, one a line, and answers when it is done."""
import ctypes
import json
import os
import subprocess
import sys

IPC_CREAT, IPC_EXCL, IPC_RMID, IPC_SET, SHM_LOCK, SHM_UNLOCK = 0o1000, 0o2000, 0, 1, 11, 12
LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.shmat.restype = ctypes.c_void_p
LIBC.shmat.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_int]
LIBC.shmdt.argtypes = [ctypes.c_void_p]
LIBC.shmget.argtypes = [ctypes.c_int, ctypes.c_size_t, ctypes.c_int]
LIBC.shmctl.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_void_p]


class Permissions(ctypes.Structure):
    """The beginning of struct shmid_ds: glibc's struct ipc_perm on 64 bits."""
    _fields_ = [("key", ctypes.c_int), ("uid", ctypes.c_uint), ("gid", ctypes.c_uint), ("cuid", ctypes.c_uint),
                ("cgid", ctypes.c_uint), ("mode", ctypes.c_uint), ("rest", ctypes.c_char * 256)]


class Process:
    """The commands, run in the child process. `addresses` holds its attachments as (shmid, address)."""

    def __init__(self):
        self.addresses = []

    def create(self, key, size, mode):
        return LIBC.shmget(ctypes.c_int(key).value, size, IPC_CREAT | IPC_EXCL | mode)

    def attach(self, shmid):
        address = LIBC.shmat(shmid, None, 0)
        if address in (None, ctypes.c_void_p(-1).value):
            return -1
        self.addresses.append((shmid, address))
        return 0

    def detach(self, place):
        if not self.addresses:
            return -1
        return LIBC.shmdt(self.addresses.pop(place % len(self.addresses))[1])

    def set(self, shmid, uid, gid, mode):
        wanted = Permissions(uid=uid, gid=gid, mode=mode)
        return LIBC.shmctl(shmid, IPC_SET, ctypes.byref(wanted))

    def lock(self, shmid, on):
        return LIBC.shmctl(shmid, SHM_LOCK if on else SHM_UNLOCK, None)

    def remove(self, shmid):
        return LIBC.shmctl(shmid, IPC_RMID, None)

    def fork(self):
        """Forks a child that inherits all attachments and exits at once."""
        child = os.fork()
        if child == 0:
            os._exit(0)
        os.waitpid(child, 0)
        return 0

    def churn(self, key, times):
        """Creates and removes a segment `times` times, as fast as possible. Returns -1 at the first failure."""
        for _ in range(times):
            shmid = self.create(key, 100, 0o600)
            if shmid < 0 or self.remove(shmid) != 0:
                return -1
        return 0


class Actor:
    """The parent's side of one such process. kill() ends it without any clean-up."""

    def __init__(self, *prefix):
        self.process = subprocess.Popen(
            [*prefix, sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.pid = self.process.pid

    def begin(self, what, *arguments):
        self.process.stdin.write(json.dumps([what, *arguments]).encode() + b"\n")
        self.process.stdin.flush()

    def end(self):
        return json.loads(self.process.stdout.readline())

    def do(self, what, *arguments):
        """Runs a command and returns the result of its call."""
        self.begin(what, *arguments)
        return self.end()

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


def serve():
    process = Process()
    for line in sys.stdin:
        what, *arguments = json.loads(line)
        print(json.dumps(getattr(process, what)(*arguments)), flush=True)


if __name__ == "__main__":
    serve()
