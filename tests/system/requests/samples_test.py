#!/usr/bin/python3
"""The ancestor's samples, with the same names and values."""
import bus


class Samples(bus.BusTest):
    def test_the_ancestors_story(self):
        client = self.client
        created = client.result("create", shm_key=5679, shm_segsz=1024, mode=666)
        self.assertEqual(created["shm_key"], 5679)
        shmid = created["shm_shmid"]
        self.assertIsInstance(shmid, int)
        both = {"shm_key": str(5679), "shm_shmid": str(shmid)}

        stat = client.result("stat", **both)
        for name in ("cgid", "cuid", "gid", "mode", "shm_atime", "shm_cpid", "shm_ctime", "shm_dtime", "shm_key",
                     "shm_lpid", "shm_nattch", "shm_segsz", "shm_shmid", "uid"):
            self.assertIsInstance(stat[name], int, name)
        self.assertEqual((stat["mode"], stat["shm_key"], stat["shm_segsz"]), (666, 5679, 1024))
        self.assertIs(stat["marked"], False)
        self.assertIs(stat["locked"], False)

        self.assertEqual(client.result("write", **both, data="testdata2", text=True)["op"], "done")
        self.assertEqual(client.result("read", **both, text=True)["data"], "testdata2")
        owner = 999 if bus.maps_uid(999) else 0
        self.assertEqual(client.result("set", **both, uid=owner, gid=owner, mode=600)["op"], "done")
        stat = client.result("stat", **both)
        self.assertEqual((stat["uid"], stat["gid"], stat["mode"]), (owner, owner, 600))
        self.assertEqual(client.result("remove", **both)["op"], "done")
        self.fails("not_found", "stat", **both)


if __name__ == "__main__":
    bus.main()
