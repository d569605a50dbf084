#!/usr/bin/python3
"""Every operation, on real segments."""
import uuid

import bus
import sysv_ipc


class Operations(bus.BusTest):
    def create(self, **fields):
        return self.client.result("create", **{"shm_key": 5679, "shm_segsz": 100, **fields})["shm_shmid"]

    def test_every_reply_carries_id_epoch_and_seq(self):
        for identity in ("a", "x" * 64, 0, 17, -1, 2**53):
            reply = self.client.reply("ping", id=identity)
            self.assertEqual((reply["ok"], reply["id"], reply["result"]), (True, identity, {}))
            self.assertTrue(1 <= reply["epoch"] < 2**53)
            self.assertIsInstance(reply["seq"], int)
        self.assertNotIn("id", self.client.reply("ping"))

    def test_create_opens_what_exists(self):
        first = self.client.result("create", shm_key="0x162f", shm_segsz=100, mode="0640")
        self.assertEqual({k: first[k] for k in ("shm_key", "shm_segsz", "mode", "created")},
                         {"shm_key": 5679, "shm_segsz": 100, "mode": 640, "created": True})
        again = self.client.result("create", shm_key=5679, shm_segsz=50, mode=600)
        self.assertEqual(again, {**first, "created": False})

    def test_keys_are_unsigned_and_private_has_none(self):
        made = self.client.result("create", shm_key=-2, shm_segsz=1)
        self.assertEqual(made["shm_key"], 2**32 - 2)
        self.assertEqual(self.client.result("stat", shm_key=2**32 - 2)["shm_shmid"], made["shm_shmid"])
        private = [self.client.result("create", shm_key="private", shm_segsz=1) for _ in range(2)]
        self.assertNotEqual(private[0]["shm_shmid"], private[1]["shm_shmid"])
        self.assertEqual(private[0]["shm_key"], 0)
        self.client.result("stat", shm_key=0, shm_shmid=private[0]["shm_shmid"])
        listed = self.client.result("list", shm_key=0)["segments"]
        self.assertEqual([s["shm_shmid"] for s in listed], sorted(p["shm_shmid"] for p in private))

    def test_attach_holds_and_detach_lets_go(self):
        shmid = self.create()
        held = self.client.result("attach", shm_key=5679)
        self.assertEqual((held["shm_shmid"], held["shm_segsz"], held["read_only"], held["lease_ms"]),
                         (shmid, 100, False, 60000))
        self.assertEqual(self.client.result("stat", shm_shmid=shmid)["shm_nattch"], 1)
        self.client.result("write", attachment=held["attachment"], data=b"\0\xff", offset=98)
        other = self.new_client()  # an attachment belongs to the principal, not to the connection
        self.assertEqual(other.result("read", attachment=held["attachment"], offset=98)["data"], b"\0\xff")
        self.assertEqual(other.result("detach", attachment=held["attachment"]), {"op": "done", "detached": 1})
        self.fails("not_found", "detach", attachment=held["attachment"])
        for _ in range(3):
            self.client.result("attach", shm_shmid=shmid, read_only=True)
        self.assertEqual(self.client.result("detach", shm_key=5679)["detached"], 3)
        self.assertEqual(self.client.result("stat", shm_shmid=shmid)["shm_nattch"], 0)

    def test_an_expired_lease_detaches(self):
        watcher = self.subscribe()
        shmid = self.create()
        held = self.client.result("attach", shm_key=5679, lease_ms=50)
        last = watcher.until("detached")[-1]
        self.assertEqual((last["shm_shmid"], last["source"], last["changed"]["shm_nattch"]), (shmid, "bus", [1, 0]))
        self.fails("not_found", "read", attachment=held["attachment"])

    def test_set_tells_before_and_after(self):
        self.create(mode=640)
        done = self.client.result("set", shm_key=5679, mode="604")
        self.assertEqual((done["op"], done["before"]["mode"], done["after"]["mode"]), ("done", 640, 604))
        stat = self.client.result("stat", shm_key=5679)
        self.assertEqual(done["shm_ctime"], stat["shm_ctime"])
        self.client.result("set", shm_key=5679, mode=600, if_ctime=stat["shm_ctime"], if_cpid=stat["shm_cpid"])

    def test_remove_of_an_attached_segment_marks_it(self):
        shmid = self.create()
        held = self.client.result("attach", shm_key=5679)["attachment"]
        gone = self.client.result("remove", shm_key=5679)
        self.assertEqual((gone["op"], gone["destroyed"], gone["shm_nattch"]), ("done", False, 1))
        self.fails("not_found", "stat", shm_key=5679)
        stat = self.client.result("stat", shm_shmid=shmid)
        self.assertEqual((stat["marked"], stat["shm_key"]), (True, 5679))
        self.assertFalse(self.client.result("remove", shm_shmid=shmid)["destroyed"])
        self.client.result("detach", attachment=held)
        self.fails("not_found", "stat", shm_shmid=shmid)

    def test_remove_of_a_free_segment_destroys_it(self):
        self.create()
        self.assertTrue(self.client.result("remove", shm_key=5679)["destroyed"])

    def test_read_and_write_are_binary_safe_and_bounded(self):
        self.create(shm_segsz=256)
        data = bytes(range(256))
        self.assertEqual(self.client.result("write", shm_key=5679, data=data), {"op": "done", "offset": 0, "length": 256})
        self.assertEqual(self.client.result("read", shm_key=5679),
                         {"data": data, "offset": 0, "length": 256, "shm_segsz": 256, "eof": True})
        part = self.client.result("read", shm_key=5679, offset=10, length=5)
        self.assertEqual((part["data"], part["length"], part["eof"]), (data[10:15], 5, False))
        self.assertEqual(self.client.result("read", shm_key=5679, offset=256)["data"], b"")
        self.assertEqual(self.client.result("write", shm_key=5679, data=b"", offset=256)["length"], 0)

    def test_text_ends_at_the_first_nul(self):
        self.create(shm_segsz=16)
        self.client.result("write", shm_key=5679, data=b"x" * 16)
        self.client.result("write", shm_key=5679, data="grün", text=True)
        self.assertEqual(self.client.result("read", shm_key=5679)["data"], "grün".encode() + b"\0" + b"x" * 10)
        got = self.client.result("read", shm_key=5679, text=True)
        self.assertEqual((got["data"], got["length"]), ("grün", 5))

    def test_a_large_segment_is_read_in_pieces(self):
        self.create(shm_segsz=3 << 20)
        max_data = self.client.result("info")["max_data"]
        got = self.client.result("read", shm_key=5679)
        self.assertEqual((got["length"], got["eof"]), (max_data, False))
        self.assertEqual(self.client.result("write", shm_key=5679, data=b"z" * max_data)["length"], max_data)

    def test_list_pages_and_filters(self):
        made = sorted(self.client.result("create", shm_key=7000 + n, shm_segsz=1)["shm_shmid"] for n in range(5))
        page = self.client.result("list", limit=3)
        self.assertEqual(([s["shm_shmid"] for s in page["segments"]], page["more"]), (made[:3], True))
        page = self.client.result("list", limit=3, after=made[2])
        self.assertEqual(([s["shm_shmid"] for s in page["segments"]], page["more"]), (made[3:], False))
        self.assertEqual(len(self.client.result("list", shm_key=7001)["segments"]), 1)
        self.assertEqual(self.client.result("list", uid=12345)["segments"], [])

    def test_list_shows_segments_made_by_others(self):
        other = sysv_ipc.SharedMemory(7100, sysv_ipc.IPC_CREX, size=10)
        try:
            listed = self.client.result("list", shm_key=7100)["segments"]
            self.assertEqual([s["shm_shmid"] for s in listed], [other.id])
        finally:
            other.detach()
            other.remove()

    def test_info_tells_about_the_agent(self):
        info = self.client.result("info")
        self.assertEqual((info["protocol"], info["pid"], info["max_data"]), (1, self.agent.process.pid, 1 << 20))
        self.assertEqual(info["operations"], ["create", "attach", "detach", "stat", "set", "remove", "read", "write",
                                              "list", "events", "info", "ping", "batch"])
        self.assertEqual(info["endpoints"], {"commands": [self.agent.commands], "events": [self.agent.events]})
        self.assertIn((info["detection"]["mode"], info["detection"]["interval_ms"]), (("scan", 250), ("trace", 5000)))
        self.assertTrue(info["detection"]["reason"])
        self.assertTrue({"shmmax", "shmall", "shmmni", "page_size"} <= info["limits"].keys())
        self.assertTrue({"segments", "bytes", "attachments"} <= info["usage"].keys())

    def test_batch_stops_at_the_first_failure_unless_told(self):
        requests = [{"op": "create", "shm_key": 1, "shm_segsz": 1, "id": "c"}, {"op": "stat", "shm_key": 2},
                    {"op": "no"}, {"op": "remove", "shm_key": 1}]
        replies = self.client.result("batch", requests=requests[:2] + requests[3:])["replies"]
        self.assertEqual([r["ok"] for r in replies], [True, False])
        self.assertEqual(replies[0]["id"], "c")
        self.assertNotIn("epoch", replies[0])
        replies = self.client.result("batch", requests=requests, stop_on_error=False)["replies"]
        self.assertEqual([r["ok"] for r in replies], [True, False, False, True])
        self.assertEqual(self.client.result("batch", requests=[])["replies"], [])

    def test_once_is_carried_out_once(self):
        once = str(uuid.uuid4())
        first = self.client.reply("create", shm_key="private", shm_segsz=1, once=once)
        self.assertNotIn("repeated", {k for k, v in first.items() if v})
        again = self.new_client().reply("create", shm_key="private", shm_segsz=1, once=once, id=3)
        self.assertEqual((again["repeated"], again["result"], again["id"]), (True, first["result"], 3))
        self.assertEqual(len(self.client.result("list")["segments"]), 1)
        self.fails("bad_request", "create", shm_key="private", shm_segsz=2, once=once)
        failure = str(uuid.uuid4())
        self.fails("not_found", "remove", shm_key=99, once=failure)
        self.create(shm_key=99)
        self.fails("not_found", "remove", shm_key=99, once=failure)


if __name__ == "__main__":
    bus.main()
