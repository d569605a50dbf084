"""Speaks ZMTP 3 (and 1.0) by hand, to play peers that ZeroMQ's own sockets cannot be."""
import os
import socket
import struct

import bus
import msgpack

MORE, LONG, COMMAND = 1, 2, 4
V1_WITHOUT_DELIMITER = b"\1\0\2\0x"  # an anonymous peer of ZMTP 1.0, and a message of one frame


def frame(body, flags=0):
    if len(body) > 255:
        return struct.pack(">BQ", flags | LONG, len(body)) + body
    return struct.pack(">BB", flags, len(body)) + body


def message(*frames):
    return b"".join(frame(body, MORE) for body in frames[:-1]) + frame(frames[-1])


def request(op, **fields):
    return message(b"", msgpack.packb({"op": op, **fields}))


def opening(socket_type=b"DEALER", mechanism=b"NULL", **properties):
    """Returns the greeting and a READY with these properties; User_Id stands for User-Id."""
    ready = b"\5READY"
    for name, value in {"Socket-Type": socket_type, **properties}.items():
        name = name.replace("_", "-").encode()
        ready += bytes([len(name)]) + name + struct.pack(">I", len(value)) + value
    return b"\xff" + bytes(8) + b"\x7f\3\0" + mechanism.ljust(20, b"\0") + bytes(32) + frame(ready, COMMAND)


def connected(endpoint, uid=0, gid=0, groups=()):
    """Returns a connection to an ipc endpoint, made by a process of that user. The process has exited by then."""
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(bus.PATIENCE)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.setgroups(groups)
            os.setresgid(gid, gid, gid)
            os.setresuid(uid, uid, uid)
            connection.connect(endpoint.removeprefix("ipc://"))
            status = 0
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    if status != 0:
        connection.close()
        raise PermissionError(f"uid {uid} can't connect")
    return connection


class Peer:
    """A DEALER that speaks over `connection`."""

    def __init__(self, connection, **properties):
        self.connection = connection
        self.connection.sendall(opening(**properties))
        self.stream = connection.makefile("rb")
        self.stream.read(64)  # the greeting
        flags, ready = self._frame()
        if not flags & COMMAND or not ready.startswith(b"\5READY"):
            raise AssertionError(f"the agent answers the handshake with {ready!r}")

    def send(self, data):
        self.connection.sendall(data)

    def _frame(self):
        flags = self.stream.read(1)
        if not flags:
            raise EOFError("the agent closed the connection")
        length = self.stream.read(8 if flags[0] & LONG else 1)
        return flags[0], self.stream.read(int.from_bytes(length, "big"))

    def reply(self):
        """Returns the map of the next reply."""
        while True:
            flags, body = self._frame()
            if not flags & (COMMAND | MORE):
                return msgpack.unpackb(body)

    def ask(self, op, **fields):
        self.send(request(op, **fields))
        return self.reply()

    def close(self):
        self.stream.close()
        self.connection.close()


def is_refused(connection):
    """Returns whether the agent closes the connection instead of greeting."""
    try:
        return not connection.recv(1)
    except ConnectionResetError:
        return True
