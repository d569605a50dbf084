#!/usr/bin/python3
"""The agent under a service manager, which is played: told of its start, reload and end, watched, and given its sockets."""
import contextlib
import os
import pathlib
import select
import signal
import time
import unittest

import msgpack

import bus
import callers
import services

WATCHDOG = 0.2  # seconds


class Service(bus.BusTest):
    def setUp(self):
        self.manager = services.Manager(self)

    def ready(self, *options, **how):
        self.agent = self.manager.start(*options, **how)
        return self.manager.hear_of("READY")

    def refused(self, *options, **how):
        """What an agent says that does not start for a wrong option."""
        said = self.refusal(self.manager.start(*options, **how), status=2)
        self.assertIn("cannot start", self.manager.hear()["STATUS"])
        return said

    def by_hand(self):
        """What an agent says that is started in the same place and refuses."""
        self.assertIn("is accessible to other users", self.second(runtime=self.manager.runtime))
        os.chmod(self.manager.runtime, 0o700)
        return self.second(runtime=self.manager.runtime)

    def second(self, **how):
        agent = bus.Agent(**how)
        self.addCleanup(self._end, agent)
        return self.refusal(agent)

    def refusal(self, agent, status=1):
        self.assertEqual(agent.process.wait(bus.PATIENCE), status, agent.log_text())
        return agent.log_text()

    def is_there(self, name="commands.sock"):
        return os.path.exists(self.manager.path(name))

    def test_a_request_before_the_start_waits_and_is_answered(self):
        endpoint = "ipc://" + self.manager.path("commands.sock")
        client = bus.Client(endpoint)
        self.addCleanup(client.close)
        client.socket.send(msgpack.packb({"op": "ping"}))
        self.assertTrue(select.select([self.manager.listeners[0]], [], [], bus.PATIENCE)[0], "it is on the wire")
        status = self.ready()
        self.assertIn(f"serving {endpoint}, detection ", status["STATUS"])
        self.assertTrue(msgpack.unpackb(client.socket.recv())["ok"])
        subscriber = self.subscribe()
        shmid = client.result("create", shm_key=5679, shm_segsz=1)["shm_shmid"]
        subscriber.until("created", shm_shmid=shmid)

    def test_sockets_that_were_passed_stay_and_serve_the_next_agent(self):
        inodes = []
        for _ in range(2):
            self.ready()
            client = self.new_client()
            self.assertTrue(client.reply("ping")["ok"])
            inodes.append([os.stat(self.manager.path(name)).st_ino for name in ("commands.sock", "events.sock")])
            self.assertEqual(self.agent.stop(), 0)
            self.assertIn("releasing", self.manager.hear_of("STOPPING")["STATUS"])
        self.assertEqual(inodes[0], inodes[1])
        waiting = self.new_client()  # of no agent
        waiting.socket.send(msgpack.packb({"op": "ping"}))
        self.ready()
        self.assertTrue(msgpack.unpackb(waiting.socket.recv())["ok"])

    def test_sockets_of_the_agent_s_own_go_with_it(self):
        for listener in self.manager.listeners:
            os.unlink(listener.getsockname())
            listener.close()
        self.manager.listeners = [self.manager.listen("commands.sock")]
        self.ready()
        self.assertTrue(self.is_there("events.sock"))
        self.subscribe()
        self.agent.stop()
        self.assertEqual((self.is_there("commands.sock"), self.is_there("events.sock")), (True, False))

    def test_a_second_agent_is_refused(self):
        self.ready()
        locked = f"is locked by process {self.agent.process.pid}"
        self.assertIn(locked, self.second(**self.manager.prefix()))
        self.assertIn(locked, self.by_hand())
        self.assertTrue(self.new_client().reply("ping")["ok"])

    def test_an_agent_by_hand_leaves_the_sockets_of_the_service_manager_alone(self):
        self.assertIn("another process is listening", self.by_hand())
        self.assertTrue(self.is_there())

    def test_a_socket_that_fits_no_endpoint_is_an_error_that_names_it(self):
        self.manager.listeners.append(self.manager.listen("other.sock"))
        said = self.refused()
        self.assertIn(f"shmbus-agent.socket listens at {self.manager.path('other.sock')}, which is not one of the endpoints", said)
        self.assertTrue(self.is_there() and self.is_there("other.sock"))
        self.manager.listeners[2] = self.manager.notify
        self.assertIn("descriptor 5 (shmbus-agent.socket) was rejected: it is not a Unix stream socket", self.refused())

    def test_who_may_connect_is_as_the_options_say(self):
        self.ready("--socket-mode", "666", "--events-mode", "600")
        modes = [os.stat(self.manager.path(name)).st_mode & 0o777 for name in ("commands.sock", "events.sock")]
        self.assertEqual(modes, [0o666, 0o600])
        self.agent.stop()
        self.manager.hear_of("STOPPING")
        self.assertIn("has wider permissions than", self.refused())

    @callers.needs_root
    def test_callers_are_known_and_limited_as_on_sockets_of_its_own(self):
        self.ready("--socket-mode", "666", "--max-connections-per-user", "1")
        caller = callers.Caller(self, self.agent.commands, callers.CALLER)
        made = caller.reply("create", shm_key="private", shm_segsz=1)["result"]["shm_shmid"]
        self.assertEqual(self.new_client().result("stat", shm_shmid=made)["uid"], callers.CALLER)
        beyond = callers.Child(self, SECOND, self.manager.path("commands.sock"), user=callers.CALLER, group=callers.CALLER)
        self.assertEqual(beyond.ask(None), "")
        self.assertIn(f"rejected a connection from uid {callers.CALLER}", self.agent.log_text())

    def test_a_reload_is_told_with_what_was_wrong(self):
        policy = pathlib.Path(self.manager.home, "policy.toml")
        policy.touch(mode=0o600)
        self.ready("--policy", str(policy))
        for content, expected in (("x", f"the previous version stays in force: {policy}:1"), ("", "serving")):
            policy.write_text(content, encoding="ascii")
            before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
            self.agent.process.send_signal(signal.SIGHUP)
            began = int(self.manager.hear_of("RELOADING")["MONOTONIC_USEC"])
            self.assertTrue(before <= began <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000)
            status = self.manager.hear_of("READY")["STATUS"]
            self.assertIn(expected, status)
        self.assertNotIn("kept", status)

    def test_a_start_that_fails_is_told(self):
        agent = self.manager.start("--policy", "/nowhere")
        self.assertIn("cannot start: /nowhere: No such file", self.manager.hear_of("STATUS")["STATUS"])
        self.assertEqual(agent.process.wait(bus.PATIENCE), 1)

    def test_the_loop_itself_feeds_the_watchdog(self):
        reading, log = os.pipe()
        filler = os.open(f"/proc/self/fd/{log}", os.O_WRONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reading)
        self.addCleanup(os.close, filler)
        self.ready("--scan-interval", "0", places={2: log}, WATCHDOG_USEC=int(WATCHDOG * 1e6))
        os.close(log)
        begin = time.monotonic()
        for _ in range(5):
            self.assertEqual(self.manager.hear(), {"WATCHDOG": "1"})
        took = time.monotonic() - begin
        self.assertGreater(took, WATCHDOG, "not more often than it has to be")
        self.assertLess(took, 3, "the loop wakes for it, not for the heartbeat of each second alone")
        with contextlib.suppress(BlockingIOError):  # what is logged now has the loop wait for who reads the log
            while os.write(filler, bytes(4096)):
                pass
        self.agent.process.send_signal(signal.SIGHUP)
        self.manager.hear_of("RELOADING")
        self.assertIsNone(self.manager.hear(2 * WATCHDOG))
        os.set_blocking(reading, False)
        with contextlib.suppress(BlockingIOError):
            while os.read(reading, 65536):
                pass
        self.manager.hear_of("READY")
        self.assertEqual(self.manager.hear(), {"WATCHDOG": "1"})

    def test_a_watchdog_of_another_process_is_not_fed(self):
        self.ready(WATCHDOG_USEC=20000, WATCHDOG_PID=1)
        self.assertIsNone(self.manager.hear(WATCHDOG))


SECOND = """
import json, socket, sys
for line in sys.stdin:
    beyond = socket.socket(socket.AF_UNIX)
    beyond.connect(sys.argv[1])
    try:
        got = beyond.recv(64).decode("latin-1")
    except ConnectionResetError:
        got = ""
    print(json.dumps(got), flush=True)
"""

if __name__ == "__main__":
    bus.main()
