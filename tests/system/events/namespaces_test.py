#!/usr/bin/python3
"""The tracepoints tell of every IPC namespace; only calls in the agent's own are events."""
import actors
import bus
import model_test


class Namespaces(bus.BusTest):
    def test_calls_in_another_namespace_are_no_events(self):
        here, there = actors.Actor(), actors.Actor("unshare", "--ipc", "--")
        self.addCleanup(here.kill)
        self.addCleanup(there.kill)
        mine = here.do("create", 5, 100, 0o600)
        follower = model_test.Follower(self, self.agent)
        if mine > 0:
            self.assertEqual(there.do("churn", 5, mine), 0)
        self.assertEqual(there.do("create", 5, 100, 0o600), mine)  # the same id means another segment there
        self.assertEqual(there.do("attach", mine), 0)
        self.assertEqual(there.do("set", mine, 0, 0, 0o666), 0)
        self.assertEqual(there.do("lock", mine, True), 0)
        self.assertEqual(there.do("detach", 0), 0)
        self.assertEqual(there.do("remove", mine), 0)
        self.assertTrue(follower.is_settled())
        self.assertEqual(follower.told, [])
        here.do("remove", mine)


if __name__ == "__main__":
    bus.main()
