"""Carries out operations as the user that it runs as, over the bus or by the system calls themselves. It is started
with `python3 -c`, so the user needs no access to the sources. Its argument is the endpoint."""
import ctypes
import json
import sys

import msgpack
import zmq

LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.shmat.restype = ctypes.c_void_p
LIBC.shmat.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_int]
LIBC.shmdt.argtypes = [ctypes.c_void_p]
LIBC.shmctl.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_void_p]
LIBC.shmget.argtypes = [ctypes.c_int, ctypes.c_size_t, ctypes.c_int]
IPC_RMID, IPC_SET, IPC_STAT, SHM_RDONLY = 0, 1, 2, 0o10000


class Permissions(ctypes.Structure):
    _fields_ = [("key", ctypes.c_int), ("uid", ctypes.c_uint), ("gid", ctypes.c_uint), ("cuid", ctypes.c_uint),
                ("cgid", ctypes.c_uint), ("mode", ctypes.c_uint), ("rest", ctypes.c_char * 256)]


def errno_of(result):
    return ctypes.get_errno() if result == -1 else 0


def direct_attach(shmid, flags):
    address = LIBC.shmat(shmid, None, flags)
    if address in (None, ctypes.c_void_p(-1).value):
        return ctypes.get_errno()
    LIBC.shmdt(address)
    return 0


def direct(what, segment):
    shmid, state = segment["shmid"], Permissions()
    if what == "stat":
        return errno_of(LIBC.shmctl(shmid, IPC_STAT, ctypes.byref(state)))
    if what in ("attach read_only", "read"):
        return direct_attach(shmid, SHM_RDONLY)
    if what in ("attach", "write"):
        return direct_attach(shmid, 0)
    if what == "set":
        wanted = Permissions(uid=segment["uid"], gid=segment["gid"], mode=segment["mode"])
        return errno_of(LIBC.shmctl(shmid, IPC_SET, ctypes.byref(wanted)))
    if what == "remove":
        return errno_of(LIBC.shmctl(shmid, IPC_RMID, None))
    return errno_of(LIBC.shmget(segment["key"], 1, int(what.split()[1], 8)))  # "create 600"


class Bus:
    def __init__(self, endpoint):
        self.socket = zmq.Context.instance().socket(zmq.REQ)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt(zmq.RCVTIMEO, 20_000)
        self.socket.connect(endpoint)

    def ask(self, op, **fields):
        self.socket.send(msgpack.packb({"op": op, **fields}))
        return msgpack.unpackb(self.socket.recv())

    def do(self, what, segment):
        shmid = segment["shmid"]
        digits = f"{segment['mode']:03o}"
        requests = {
            "stat": {"op": "stat", "shm_shmid": shmid},
            "read": {"op": "read", "shm_shmid": shmid, "length": 1},
            "write": {"op": "write", "shm_shmid": shmid, "data": b"x"},
            "attach": {"op": "attach", "shm_shmid": shmid},
            "attach read_only": {"op": "attach", "shm_shmid": shmid, "read_only": True},
            "set": {"op": "set", "shm_shmid": shmid, "uid": segment["uid"], "gid": segment["gid"], "mode": digits},
            "remove": {"op": "remove", "shm_shmid": shmid},
        }
        create = {"op": "create", "shm_key": segment["key"], "shm_segsz": 1, "mode": what.split()[-1]}
        reply = self.ask(**requests.get(what, create))
        if not reply["ok"]:
            return reply["error"]["errno"]
        if "attachment" in reply["result"]:
            self.ask("detach", attachment=reply["result"]["attachment"])
        return 0


def serve(endpoint):
    """Reads a list of [what, segment, way] from each line of stdin and prints the list of errno values."""
    bus = Bus(endpoint)
    for line in sys.stdin:
        print(json.dumps([bus.do(what, segment) if way == "bus" else direct(what, segment)
                          for what, segment, way in json.loads(line)]), flush=True)


serve(sys.argv[1])
