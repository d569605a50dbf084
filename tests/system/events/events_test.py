#!/usr/bin/python3
"""Events: of the bus, of others (by the scan), replay, heartbeat, sync."""
import bus
import msgpack
import sysv_ipc


class Events(bus.BusTest):
    def test_each_change_is_told_once_before_its_reply(self):
        watcher = self.subscribe("shm/5679/")
        client = self.client
        shmid = client.result("create", shm_key=5679, shm_segsz=10, mode=600)["shm_shmid"]
        client.result("create", shm_key=5679, shm_segsz=10)
        held = client.result("attach", shm_key=5679)["attachment"]
        client.result("write", shm_key=5679, data=b"abc", offset=2)
        client.result("write", shm_key=5679, data=b"")
        client.result("read", shm_key=5679)
        client.result("set", shm_key=5679, mode=640)
        client.result("remove", shm_key=5679)
        reply = client.reply("detach", attachment=held)
        events = watcher.events()
        self.assertEqual([e["event"] for e in events], ["created", "attached", "written", "set", "marked", "removed"])
        self.assertEqual(events[-1]["seq"], reply["seq"])
        previous = 0
        for event in events:
            self.assertEqual((event["shm_key"], event["shm_shmid"], event["source"]), (5679, shmid, "bus"))
            self.assertEqual((event["prev"], event["epoch"]), (previous, reply["epoch"]))
            self.assertIsInstance(event["actor"], dict)
            self.assertIsInstance(event["time_ns"], int)
            previous = event["seq"]
        self.assertEqual([e["changed"] for e in events],
                         [{}, {"shm_nattch": [0, 1]}, {}, {"mode": [600, 640]}, {"marked": [False, True]}, {}])
        self.assertEqual((events[2]["offset"], events[2]["length"]), (2, 3))
        self.assertNotIn("stat", events[2])
        self.assertNotIn(b"abc", [v for e in events for v in e.values()])
        self.assertEqual(events[0]["stat"]["mode"], 600)

    def test_no_event_carries_contents(self):
        secret = b"Qz7#Jw9!Kx3?Vb5%Gf2&Hm8*"
        watcher = self.subscribe("")
        self.client.result("create", shm_key=5679, shm_segsz=100)
        held = self.client.result("attach", shm_key=5679)["attachment"]
        self.client.result("write", shm_key=5679, data=secret)
        self.client.result("write", attachment=held, data=secret.decode(), text=True, offset=50)
        self.client.result("batch", requests=[{"op": "write", "shm_key": 5679, "data": secret},
                                              {"op": "set", "shm_key": 5679, "mode": 640}])
        self.assertIn(secret, self.client.result("read", shm_key=5679)["data"])
        self.client.result("detach", attachment=held)
        last = self.client.reply("remove", shm_key=5679)["seq"]
        self.assertEqual(last, 8)
        replay = self.client.frame(msgpack.packb({"op": "events"}))
        self.assertEqual(len(msgpack.unpackb(replay)["result"]["events"]), last)
        told, seq = [replay], 0
        while seq < last:
            topic, body = watcher.socket.recv_multipart()
            told += [topic, body]
            seq = msgpack.unpackb(body)["seq"]
        for begin in range(len(secret) - 3):
            self.assertFalse(any(secret[begin:begin + 4] in part for part in told))

    def test_a_subscriber_may_be_ten_thousand_events_behind(self):
        behind = bus.Subscriber(self.agent.events, "shm/", rcvhwm=1)
        self.addCleanup(behind.close)
        self.client.result("create", shm_key=5679, shm_segsz=10)
        write = {"op": "write", "shm_key": 5679, "data": b"x"}

        def written(times):
            for _ in range(times // 500):
                self.client.result("batch", requests=[write] * 500)

        written(2500)  # libzmq tells of what was read in steps, so a queue that was read from is the hard case
        numbers = [behind.receive()[1]["seq"] for _ in range(2501)]
        written(10000)
        numbers += [behind.receive()[1]["seq"] for _ in range(10000)]
        self.assertEqual(numbers, list(range(1, 12502)))

    def test_topics_select_a_key(self):
        one = self.subscribe("shm/1/")
        for key in (1, 11, 2):
            self.client.result("create", shm_key=key, shm_segsz=1)
        self.assertEqual([e["shm_key"] for e in one.events()], [1])

    def test_changes_of_others_are_found_by_the_scan(self):
        watcher = self.subscribe()
        other = sysv_ipc.SharedMemory(6001, sysv_ipc.IPC_CREX, mode=0o600, size=10)
        created = watcher.until("created", shm_key=6001)
        self.assertEqual((created[-1]["source"], created[-1]["changed"]), ("kernel", {}))
        seen = created[-1]["stat"]["shm_nattch"]
        other.mode = 0o640
        self.assertEqual(watcher.until("set")[-1]["changed"]["mode"], [600, 640])
        other.detach()
        if seen == 1:
            self.assertEqual(watcher.until("detached")[-1]["changed"]["shm_nattch"], [1, 0])
        other.remove()
        gone = watcher.until("removed")[-1]
        self.assertEqual((gone["source"], gone["shm_shmid"]), ("kernel", other.id))

    def test_a_request_tells_first_what_others_did(self):
        agent = self.start("--scan-interval", "0")
        client, watcher = self.new_client(agent), self.subscribe(agent=agent)
        other = sysv_ipc.SharedMemory(6002, sysv_ipc.IPC_CREX, mode=0o600, size=10)
        other.detach()
        self.assertEqual(watcher.events(), [])
        client.result("set", shm_key=6002, mode=666)
        self.assertEqual([(e["event"], e["source"]) for e in watcher.events()], [("created", "kernel"), ("set", "bus")])
        other.remove()
        client.result("list")
        self.assertEqual([(e["event"], e["source"]) for e in watcher.events()], [("removed", "kernel")])

    def test_what_exists_at_the_start_is_no_event(self):
        other = sysv_ipc.SharedMemory(6003, sysv_ipc.IPC_CREX, size=10)
        other.detach()
        agent = self.start()
        self.assertEqual(self.new_client(agent).reply("list")["seq"], 0)
        other.remove()

    def test_replay(self):
        for key in (1, 2, 1):
            self.client.result("create", shm_key=key, shm_segsz=1)
            self.client.result("set", shm_key=key, mode=640)
            self.client.result("remove", shm_key=key)
        everything = self.client.result("events")
        self.assertEqual([e["seq"] for e in everything["events"]], list(range(1, 10)))
        self.assertEqual((everything["first"], everything["last"], everything["more"]), (1, 9, False))
        part = self.client.result("events", since=4, limit=2)
        self.assertEqual(([e["seq"] for e in part["events"]], part["more"], part["last"]), ([5, 6], True, 9))
        only = self.client.result("events", shm_key=1)["events"]
        self.assertEqual([e["seq"] for e in only], [1, 2, 3, 7, 8, 9])
        self.assertEqual([e["prev"] for e in only], [0, 1, 2, 3, 7, 8])
        self.assertEqual(self.client.result("events", since=9)["events"], [])

    def test_sync_and_heartbeat(self):
        watcher = self.subscribe("agent/heartbeat")
        reply = self.client.reply("ping")
        self.assertEqual((watcher.synced["epoch"], watcher.synced["seq"]), (reply["epoch"], reply["seq"]))
        topic, beat = watcher.receive()
        self.assertEqual((topic, beat["epoch"], beat["seq"]), ("agent/heartbeat", reply["epoch"], reply["seq"]))
        self.assertTrue({"host", "time_ns"} <= beat.keys())


if __name__ == "__main__":
    bus.main()
