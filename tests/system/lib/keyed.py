"""Runs agents that remote callers reach with CURVE keys, and such callers."""
import os

import bus
import callers
import watching
import zmq
from zmq.utils.monitor import recv_monitor_message

SERVER, ALICE, BOB, MALLORY = "server", "alice", "bob", "mallory"
POLICY = """
[[rule]]
who = ["key:alice"]
as = "user:games"

[[rule]]
who = ["key:bob"]
as = "agent"
"""
REFUSALS = (zmq.EVENT_HANDSHAKE_FAILED_AUTH, zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL,
            zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL)


class Keys:
    """The key pair in a file that keygen wrote."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as lines:
            words = dict(line.split() for line in lines if not line.startswith("#"))
        self.public, self.secret = words["public"].encode(), words["secret"].encode()


class KeyedTest(callers.AccessTest, watching.WatchTest):
    """A test whose agent has TCP endpoints beside those on ipc, and accepts alice's key."""

    LET_IN = (ALICE,)
    POLICY = POLICY

    def start(self, *options, **how):
        runtime = self.path("run")
        os.mkdir(runtime, 0o700)
        os.mkdir(self.path("keys"), 0o755)
        for name in (SERVER, ALICE, BOB, MALLORY):
            self.keygen(name)
        for name in self.LET_IN:
            self.let_in(name)
        endpoints = [word for kind in ("commands", "events")
                     for word in (f"--{kind}", f"ipc://{runtime}/{kind}.sock", f"--{kind}", "tcp://127.0.0.1:*")]
        agent = super().start(*endpoints, "--curve-secret", self.path("server.secret"), "--curve-keys",
                              self.path("keys"), "--policy", self.write("policy.toml", self.POLICY), *options,
                              runtime=runtime, **how)
        client = bus.Client(agent.commands)
        endpoints = client.result("info")["endpoints"]
        client.close()
        self.commands, self.events = endpoints["commands"][1], endpoints["events"][1]
        return agent

    def keygen(self, name):
        self.tool("send", "keygen", "--dir", self.home, name, agent=self)  # involves no agent

    @property
    def runtime(self):
        return self.home

    def let_in(self, name):
        with open(self.path(f"{name}.key"), encoding="utf-8") as key:
            self.write(f"keys/{name}.key", key.read(), 0o644)

    def shut_out(self, name):
        os.unlink(self.path(f"keys/{name}.key"))

    def keys(self, name):
        return Keys(self.path(f"{name}.secret"))

    def with_keys(self, name):
        """Returns the options with which a tool uses this key."""
        return ("--commands", self.commands, "--curve-key", self.path(f"{name}.secret"), "--curve-server",
                self.path("server.key"))

    def watch_options(self, name):
        return (*self.with_keys(name), "--events", self.events)

    def socket(self, kind, name=None, server=SERVER, plain=False):
        socket = bus.CONTEXT.socket(kind)
        socket.setsockopt(zmq.LINGER, 0)
        socket.setsockopt(zmq.RCVTIMEO, bus.PATIENCE * 1000)
        self.addCleanup(socket.close)
        if name:
            keys = self.keys(name)
            socket.curve_publickey, socket.curve_secretkey = keys.public, keys.secret
            socket.curve_serverkey = self.keys(server).public
        if plain:
            socket.plain_username, socket.plain_password = b"alice", b"alice"
        return socket

    def remote(self, name, **how):
        """Returns a client with this key."""
        client = bus.Client.__new__(bus.Client)
        client.socket = self.socket(zmq.REQ, name, **how)
        client.socket.connect(self.commands)
        return client

    def subscriber(self, name):
        """Returns a subscriber with this key, whose subscription is live."""
        subscriber = bus.Subscriber.__new__(bus.Subscriber)
        subscriber.socket = self.socket(zmq.SUB, name)
        subscriber.socket.subscribe("shm/")
        subscriber.socket.connect(self.events)
        subscriber.sync()
        return subscriber

    def monitor(self, socket):
        """Returns a monitor socket that reports the connection events of `socket`."""
        monitor = socket.get_monitor_socket()

        def end():
            socket.disable_monitor()  # sends a last event, so the monitor must still be open
            monitor.close()

        self.addCleanup(end)
        return monitor

    def becomes(self, monitor, *events):
        """Waits for one of these events from a monitor, and returns all events up to it."""
        seen = []
        while not seen or seen[-1] not in events:
            self.assertTrue(monitor.poll(bus.PATIENCE * 1000), seen)
            seen.append(recv_monitor_message(monitor)["event"])
        return seen

    def is_kept_out(self, kind, **how):
        """Checks that a socket of this kind fails to connect."""
        socket = self.socket(kind, **how)
        monitor = self.monitor(socket)
        if kind == zmq.SUB:
            socket.subscribe("")
        socket.connect(self.events if kind == zmq.SUB else self.commands)
        seen = self.becomes(monitor, zmq.EVENT_HANDSHAKE_SUCCEEDED, zmq.EVENT_DISCONNECTED, *REFUSALS)
        self.assertNotIn(zmq.EVENT_HANDSHAKE_SUCCEEDED, seen)
