"""Plays the part of systemd for a service: listening sockets, the notification socket, and the limits of a unit."""
import os
import pathlib
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time

import bus

UNITS = bus.SOURCE / "deploy/systemd"

# Runs in the process that becomes the agent. Moves descriptors to their places and sets LISTEN_PID.
# Arguments: "FD:PLACE …", the program.
PLACE = """
import fcntl, os, sys
pairs = [map(int, pair.split(":")) for pair in sys.argv[1].split()]
moved = [(fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 100), place, os.set_inheritable(fd, False)) for fd, place in pairs]
for fd, place, _ in moved:
    os.dup2(fd, place)
os.environ["LISTEN_PID"] = str(os.getpid())
os.execvp(sys.argv[2], sys.argv[2:])
"""

# Runs in the same process. Lets every system call fail with EPERM except those named, and allows AF_UNIX sockets only.
# Arguments: "NAME …", the program.
CONFINE = """
import ctypes, os, sys
lib = ctypes.CDLL("libseccomp.so.2")
lib.seccomp_init.restype = ctypes.c_void_p
class Comparison(ctypes.Structure):
    _fields_ = [("argument", ctypes.c_uint), ("equal", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]
filter = ctypes.c_void_p(lib.seccomp_init(0x00050001))
for name in sys.argv[1].split():
    number = lib.seccomp_syscall_resolve_name(name.encode())
    only = [Comparison(0, 4, 1, 0)] if name == "socket" else []
    if number >= 0 and lib.seccomp_rule_add_array(filter, 0x7FFF0000, number, len(only), (Comparison * 1)(*only)) != 0:
        sys.exit("no rule for " + name)
if lib.seccomp_load(filter) != 0:
    sys.exit("no filter")
os.execvp(sys.argv[2], sys.argv[2:])
"""


class Manager:
    """A service manager that listens on an agent's sockets and receives its messages. Has its own runtime directory."""

    def __init__(self, test, mode=0o600):
        self.test = test
        self.home = tempfile.mkdtemp(prefix="shmbus-service-")
        test.addCleanup(shutil.rmtree, self.home, ignore_errors=True)
        os.chmod(self.home, 0o755)
        self.runtime = os.path.join(self.home, "run")
        os.mkdir(self.runtime)
        os.chmod(self.runtime, 0o711)
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        test.addCleanup(self.notify.close)
        self.notify.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.notify.bind(os.path.join(self.home, "notify"))
        self.listeners = [self.listen(name, mode) for name in ("commands.sock", "events.sock")]

    def path(self, name):
        return os.path.join(self.runtime, name)

    def listen(self, name, mode=0o600):
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.test.addCleanup(listener.close)
        listener.bind(self.path(name))
        os.chmod(self.path(name), mode)
        listener.listen(128)
        return listener

    def prefix(self, places=None, **variables):
        """Returns what runs a program as a service with these listeners. `places` adds {place: descriptor}."""
        places = {**{3 + i: listener.fileno() for i, listener in enumerate(self.listeners)}, **(places or {})}
        variables = {"NOTIFY_SOCKET": self.notify.getsockname(), "LISTEN_FDS": len(self.listeners),
                     "LISTEN_FDNAMES": ":".join(["shmbus-agent.socket"] * len(self.listeners)),
                     "RUNTIME_DIRECTORY": self.runtime, **variables}
        told = [f"{name}={value}" for name, value in variables.items()]
        pairs = " ".join(f"{descriptor}:{place}" for place, descriptor in places.items())
        return {"prefix": ("env", "-u", "SHMBUS_RUNTIME_DIR", *told, sys.executable, "-c", PLACE, pairs),
                "pass_fds": tuple(places.values()), "runtime": self.runtime}

    def start(self, *options, **how):
        """Starts the agent as a service and returns it before it is ready."""
        self.agent = bus.Agent(*options, **self.prefix(**how))
        self.test.addCleanup(self.test._end, self.agent)
        return self.agent

    def hear(self, patience=bus.PATIENCE):
        """Returns the next datagram as {name: value}, or None. Checks that it is from the agent itself."""
        self.notify.settimeout(patience)
        try:
            message, ancillary, _, _ = self.notify.recvmsg(4096, socket.CMSG_SPACE(12))
        except TimeoutError:
            return None
        pid, _, _ = struct.unpack("iii", ancillary[0][2])
        self.test.assertEqual(pid, self.agent.process.pid)
        return dict(line.split("=", 1) for line in message.decode().splitlines())

    def hear_of(self, name):
        """Returns the next datagram with `name`. Only the watchdog's may come before it."""
        deadline = time.monotonic() + bus.PATIENCE
        while time.monotonic() < deadline:
            ended = self.agent.process.poll() is not None
            heard = self.hear(0.1)
            if heard and name in heard:
                return heard
            self.test.assertIn(heard, (None, {"WATCHDOG": "1"}))
            if ended and heard is None:
                break
        self.test.fail(f"no {name}:\n{self.agent.log_text()}")


def directives(unit, name):
    return re.findall(rf"^{name}=(.*)$", (UNITS / unit).read_text(encoding="utf-8"), re.M)


def calls_of(group):
    """Returns the system calls in one of systemd's groups, or the name itself if it is a single call."""
    if not group.startswith("@"):
        return {group}
    told = subprocess.run(["systemd-analyze", "syscall-filter", group], capture_output=True, text=True, check=True).stdout
    lines = [line.strip() for line in told.splitlines()[1:]]
    return set().union(*(calls_of(line) for line in lines if line and not line.startswith("#")))


def confined(unit, uid=0):
    """Returns a prefix that confines a program, run as `uid`, like `unit`: capabilities, system calls, network."""
    allowed = set()
    for line in directives(unit, "SystemCallFilter"):
        calls = set().union(*(calls_of(group) for group in line.removeprefix("~").split()))
        allowed = allowed - calls if line.startswith("~") else allowed | calls
    capabilities = [name.removeprefix("CAP_").lower() for name in directives(unit, "CapabilityBoundingSet")[0].split()]
    only = ",".join(["-all", *("+" + name for name in capabilities)])
    return ("unshare", "--net", "setpriv", "--reuid", str(uid), "--regid", str(uid), "--clear-groups", "--no-new-privs",
            "--bounding-set", only, "--inh-caps", only, sys.executable, "-c", CONFINE, " ".join(sorted(allowed)))
