#!/usr/bin/python3
"""The policy: who may do what, with whose rights, and how much."""
import os
import signal
import subprocess

import bus
import callers
from callers import CALLER, GROUP, OTHER, OTHER_GROUP

RULES = f"""
[[rule]]
who = ["anyone"]
keys = ["5900-5909"]
as = "deny"

[[rule]]
who = ["gid:{GROUP}"]
operations = ["set"]
keys = ["5000-5999"]
as = "agent"
max_mode = 660
gids = ["gid:{OTHER_GROUP}"]
"""
QUOTAS = f"""
[[quota]]
who = ["uid:{CALLER}"]
segments = 2
bytes = "64K"
attachments = 1
"""


class PolicyTest(callers.AccessTest):
    POLICY = RULES

    def start(self, *options, **how):
        self.policy = self.write("policy.toml", self.POLICY)
        return super().start("--socket-mode", "666", "--policy", self.policy, *options, **how)

    def segment(self, key, mode=600):
        return self.client.result("create", shm_key=key, shm_segsz=100, mode=mode)["shm_shmid"]

    def mode_of(self, key):
        return self.client.result("stat", shm_key=key)["mode"]


@callers.needs_root
class Rules(PolicyTest):
    def setUp(self):
        super().setUp()
        for key in (5100, 6000):
            self.segment(key)
        self.member = self.caller(groups=[GROUP])

    def test_a_group_sets_permissions_of_what_belongs_to_others(self):
        done = self.member.reply("set", shm_key=5100, mode=660, gid=OTHER_GROUP)
        self.assertTrue(done["ok"], done)
        stat = self.client.result("stat", shm_key=5100)
        self.assertEqual((stat["mode"], stat["gid"], stat["uid"]), (660, OTHER_GROUP, 0))

    def test_the_segment_named_by_its_id_is_the_same(self):
        shmid = self.client.result("stat", shm_key=5100)["shm_shmid"]
        self.assertTrue(self.member.reply("set", shm_shmid=shmid, mode=640)["ok"])
        self.assertEqual(self.mode_of(5100), 640)

    def test_beyond_a_bound_it_is_refused_with_the_line(self):
        for beyond in ({"mode": "666"}, {"mode": "661"}, {"gid": 5}, {"uid": CALLER}, {"mode": "660", "uid": 0}):
            error = self.is_failure("permission_denied", self.member.reply("set", shm_key=5100, **beyond))
            self.assertIn("line 7", error["message"])
        self.assertEqual(self.mode_of(5100), 600)

    def test_other_keys_other_operations_and_other_users_have_no_more_rights(self):
        self.is_failure("permission_denied", self.member.reply("set", shm_key=6000, mode=660))
        self.is_failure("permission_denied", self.member.reply("read", shm_key=5100))
        self.is_failure("permission_denied", self.member.reply("remove", shm_key=5100))
        self.is_failure("permission_denied", self.caller().reply("set", shm_key=5100, mode=660))
        self.assertEqual((self.mode_of(5100), self.mode_of(6000)), (600, 600))

    def test_an_id_of_one_segment_with_the_key_of_another_gets_nothing(self):
        shmid = self.client.result("stat", shm_key=6000)["shm_shmid"]
        self.is_failure("key_mismatch", self.member.reply("set", shm_shmid=shmid, shm_key=5100, mode=660))
        self.assertEqual(self.mode_of(6000), 600)

    def test_in_a_batch_each_request_is_decided_on_its_own(self):
        requests = [{"op": "set", "shm_key": key, "mode": 660} for key in (5100, 6000)]
        done = self.member.reply("batch", requests=requests)["result"]["replies"]
        self.assertEqual([reply["ok"] for reply in done], [True, False])

    def test_what_is_denied_is_denied_to_everybody(self):
        for who in (self.client, self.member, self.caller(OTHER)):
            error = self.is_failure("permission_denied", who.reply("create", shm_key=5905, shm_segsz=1))
            self.assertIn("line 2", error["message"])
        self.assertEqual(self.client.result("list", shm_key=5905)["segments"], [])

    def test_without_a_rule_local_callers_act_as_themselves(self):
        self.assertTrue(self.member.reply("create", shm_key=6001, shm_segsz=1, mode=666)["ok"])
        self.assertEqual(self.client.result("stat", shm_key=6001)["uid"], CALLER)


@callers.needs_root
class Quotas(PolicyTest):
    POLICY = QUOTAS

    def create(self, who, size, key="private"):
        return who.reply("create", shm_key=key, shm_segsz=size)

    def test_segments(self):
        bounded = self.caller()
        self.assertTrue(self.create(bounded, 1, 77)["ok"])
        self.assertTrue(self.create(bounded, 1)["ok"])
        error = self.is_failure("limit_reached", self.create(bounded, 1))
        self.assertIn("2 of 2 segments", error["message"])
        self.assertIn("line 2", error["hint"])
        self.assertTrue(self.create(self.caller(OTHER), 1)["ok"])
        self.assertTrue(bounded.reply("remove", shm_key=77)["ok"])
        self.assertTrue(self.create(bounded, 1)["ok"])

    def test_bytes(self):
        bounded = self.caller()
        self.is_failure("limit_reached", self.create(bounded, (64 << 10) + 1))
        self.assertTrue(self.create(bounded, 60 << 10)["ok"])
        self.is_failure("limit_reached", self.create(bounded, 5 << 10))
        self.assertTrue(self.create(bounded, 4 << 10)["ok"])
        self.assertTrue(self.create(self.client, 1 << 20)["ok"])

    def test_attachments(self):
        bounded = self.caller()
        self.assertTrue(self.create(bounded, 100, 77)["ok"])
        held = bounded.reply("attach", shm_key=77)
        error = self.is_failure("limit_reached", self.caller().reply("attach", shm_key=77))
        self.assertIn("1 of 1 attachments", error["message"])
        self.assertTrue(bounded.reply("detach", attachment=held["result"]["attachment"])["ok"])
        self.assertTrue(bounded.reply("attach", shm_key=77)["ok"])


@callers.needs_root
class PolicyFiles(PolicyTest):
    FAULTY = RULES + '\n[[rule]]\nwho = ["gid:4"]\nmax_mode = 888\n'

    def explain(self, question, policy=None):
        agent = str(bus.BIN / "shmbus-agent")
        done = subprocess.run([agent, "--policy", policy or self.policy, "--explain", question],
                              capture_output=True, text=True, timeout=bus.PATIENCE, check=False)
        return done.returncode, done.stdout, done.stderr

    def test_explain_tells_what_the_agent_decides(self):
        question = f"uid={CALLER} group={GROUP} op=set shm_key=%s mode=%s"
        for key, mode, answer in ((5100, 660, "allowed as the agent by the rule at line 7"), (5100, 666, "denied: "),
                                  (6000, 666, "allowed as the caller because no rule"), (5905, 600, "denied: ")):
            status, told, _ = self.explain(question % (key, mode))
            self.assertEqual(status, 0)
            self.assertTrue(told.startswith(answer), told)
            self.assertIn(f"caller: uid {CALLER}", told.splitlines()[1])
        self.assertEqual(self.explain("op=set")[0], 2)
        self.assertIn("line 2", self.explain("key=backup op=stat shm_key=5900")[1])

    def test_a_faulty_file_stops_the_start_with_its_place(self):
        faulty = self.write("faulty.toml", self.FAULTY)
        line = self.FAULTY.splitlines().index("max_mode = 888") + 1
        self.assertIn(f"{faulty}:{line}:12: ", self.refuses_to_start("--policy", faulty))
        broken = self.write("broken.toml", "[[rule]\n")
        self.assertIn(f"{broken}:1:", self.refuses_to_start("--policy", broken))
        self.assertEqual(self.explain("op=ping", faulty)[0], 2)

    def test_a_file_that_others_may_change_or_read_or_that_is_a_link_stops_the_start(self):
        for mode in (0o644, 0o660, 0o620):
            self.assertIn("other users can access it", self.refuses_to_start("--policy", self.write("open.toml", RULES, mode)))
        os.symlink(self.policy, self.path("link.toml"))
        self.assertIn("link", self.refuses_to_start("--policy", self.path("link.toml")))
        os.chown(self.write("theirs.toml", RULES), OTHER, -1)
        self.assertIn(f"uid {OTHER}", self.refuses_to_start("--policy", self.path("theirs.toml")))
        self.refuses_to_start("--policy", self.path("missing.toml"), status=1)

    def test_the_signal_brings_a_new_policy(self):
        self.segment(5100)
        member = self.caller(groups=[GROUP])
        self.is_failure("permission_denied", member.reply("set", shm_key=5100, mode=666))
        self.write("policy.toml", RULES.replace("660", "666"))
        self.reload(signal.SIGHUP)
        self.assertTrue(member.reply("set", shm_key=5100, mode=666)["ok"])

    def test_a_faulty_one_changes_nothing_and_is_logged(self):
        self.segment(5100)
        member = self.caller(groups=[GROUP])
        for content, mode in ((self.FAULTY, 0o600), (RULES.replace("660", "666"), 0o666)):
            self.write("policy.toml", content, mode)
            self.reload(signal.SIGHUP)
            self.assertTrue(member.reply("set", shm_key=5100, mode=660)["ok"])
            self.is_failure("permission_denied", member.reply("set", shm_key=5100, mode=666))
        os.unlink(self.policy)
        self.reload(signal.SIGHUP)
        self.is_failure("permission_denied", member.reply("set", shm_key=5100, mode=666))
        log = self.agent.log_text()
        self.assertEqual(log.count("the previous version stays in force"), 3, log)
        self.assertIn(f"{self.policy}:", log)


if __name__ == "__main__":
    bus.main()
