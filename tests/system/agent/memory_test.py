#!/usr/bin/python3
"""What the agent keeps resident after a rush of clients."""
import re
import unittest

import bus

CLIENTS = 400


class AfterARush(bus.BusTest):
    def resident_kib(self):
        with open(f"/proc/{self.agent.process.pid}/status", encoding="ascii") as status:
            return int(re.search(r"^RssAnon:\s+(\d+) kB$", status.read(), re.MULTILINE)[1])

    @unittest.skipIf(bus.IS_SANITIZED, "sanitizers keep what is freed")
    def test_what_clients_took_is_given_back(self):
        heartbeats = self.subscribe("agent/heartbeat")
        alone = self.resident_kib()
        clients = [self.new_client() for _ in range(CLIENTS)]
        for client in clients:
            client.result("ping")
        rush = self.resident_kib() - alone
        self.assertGreater(rush, CLIENTS * 10)  # libzmq takes some 40 KiB for each
        for client in clients:
            client.close()
        for _ in range(bus.PATIENCE):
            heartbeats.receive()
            left = self.resident_kib() - alone
            if left < rush / 4:
                return
        self.fail(f"{left} KiB of {rush} are left")


if __name__ == "__main__":
    bus.main()
