#!/usr/bin/python3
"""An agent that says for ever that more pages follow: the tools end by their timeout."""
import tempfile
import threading
import time

import bus
import msgpack
import zmq

TIMEOUT = 1  # seconds
STAT = {**{name: 1 for name in ("cgid", "cuid", "gid", "shm_atime", "shm_cpid", "shm_ctime", "shm_dtime", "shm_key",
                                "shm_lpid", "shm_nattch", "shm_segsz", "shm_shmid", "uid")},
        "mode": 600, "marked": False, "locked": False}


class EndlessPages(bus.BusTest):
    """The fake agent is on ipc; `page` makes its next page of a list."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.endpoint = f"ipc://{folder.name}/commands.sock"
        self.socket = bus.CONTEXT.socket(zmq.REP)
        self.socket.bind(self.endpoint)
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.serve)
        self.pages = 0
        self.thread.start()
        self.addCleanup(self.end)

    def end(self):
        self.over.set()
        self.thread.join()
        self.socket.close(0)

    def serve(self):
        while not self.over.is_set():
            if self.socket.poll(20):
                request = msgpack.unpackb(self.socket.recv())
                self.pages += 1
                self.socket.send(msgpack.packb({
                    "ok": True, "id": request["id"], "epoch": 5, "seq": 7,
                    "result": {"segments": self.page(), "more": True}}))

    def ends(self):
        """How long a list took to end; what it said."""
        began = time.monotonic()
        _, stderr = self.tool("send", "--commands", self.endpoint, "--timeout", str(TIMEOUT), "list", status=7,
                              agent=self.Nowhere)
        return time.monotonic() - began, stderr

    class Nowhere:
        runtime = "/nowhere"

    def test_with_nothing_new_end_at_once(self):
        for self.page in (lambda: [], lambda: [STAT]):
            self.pages = 0
            self.assertIn("announces more entries but sends no new ones", self.ends()[1])
            self.assertLessEqual(self.pages, 2)

    def test_with_ever_more_end_by_the_timeout(self):
        self.page = lambda: [dict(STAT, shm_shmid=self.pages)]
        self.assertLess(self.ends()[0], bus.PATIENCE)
        self.assertGreater(self.pages, 2)

    def test_an_empty_page_with_more_is_no_crash(self):
        self.page = list
        stdout, _ = self.tool("send", "--commands", self.endpoint, "list", "--limit", "5", agent=self.Nowhere)
        self.assertNotIn("\n0", stdout)
        self.tool("send", "--commands", self.endpoint, "raw", '{"op":"list","id":1}', agent=self.Nowhere)


if __name__ == "__main__":
    bus.main()
