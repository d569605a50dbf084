#!/usr/bin/python3
"""What the shells offer, asked of the shells, with a live agent and with none. Shells that are not there are skipped."""
import os
import shutil
import subprocess
import unittest

import bus

COMPLETION = bus.SOURCE / "tools/completion"
# Fills what bash gives a completion function, as it splits a line into words.
BASH = r'''
source "$1"; shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_shmbus "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\n' "${COMPREPLY[@]}"
'''
# In zsh the functions that take the choices tell them instead, since there is no line editor.
ZSH = r'''
compadd() { shift; print -rl -- ${(M)@:#$PREFIX*} }
_describe() { print -rl -- ${(M)${${(P)2}%%:*}:#$PREFIX*} }
_files() { print -rl -- $PREFIX*(N) }
file=$1; shift
words=("$@") CURRENT=$# PREFIX=${@[-1]}
source $file
'''
OPERATIONS = {"create", "attach", "detach", "stat", "set", "remove", "read", "write", "list", "events", "info", "ping",
              "batch", "raw", "keygen"}


class Completion(bus.BusTest):
    def setUp(self):
        super().setUp()
        ids = [self.client.result("create", shm_key=key, shm_segsz=1)["shm_shmid"] for key in (5679, 5680, "private")]
        self.shmids = {str(shmid) for shmid in ids}

    def offered(self, shell, program, *words):
        """What `shell` offers for the last of `words`; nothing may reach stderr."""
        line = [str(bus.BIN.resolve() / program), *words]
        command = {
            "bash": ["bash", "--norc", "-c", BASH, "bash", str(COMPLETION / "shmbus.bash"), *line],
            "zsh": ["zsh", "-f", "-c", ZSH, "zsh", str(COMPLETION / "shmbus.zsh"), *line],
            "fish": ["fish", "--no-config", "-c", "source $argv[1]; complete -C (string join -- ' ' $argv[2..])",
                     str(COMPLETION / "shmbus.fish"), *line],
        }[shell]
        env = bus.environment(self.agent.runtime, HOME=self.agent.runtime, LC_ALL="C.UTF-8")
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=bus.PATIENCE, check=False,
                              cwd=self.agent.runtime)
        self.assertEqual(done.stderr, "", f"{shell} {words}")
        return {offer.split("\t")[0] for offer in done.stdout.splitlines() if offer}

    def check(self, shell):
        def offers(*words):
            return self.offered(shell, *words)

        self.assertEqual(offers("shmbus-send", ""), OPERATIONS)
        self.assertEqual(offers("shmbus-send", "--json", "re"), {"remove", "read"})
        self.assertEqual(offers("shmbus-send", "stat", "--k"), {"--key"})
        self.assertEqual(offers("shmbus-send", "stat", "--ti"), {"--timeout"})
        self.assertEqual(offers("shmbus-send", "stat", "--key", ""), {"5679", "5680"})
        self.assertEqual(offers("shmbus-send", "create", "--key", "5680"), {"5680"})
        self.assertEqual(offers("shmbus-send", "create", "--key", "p"), {"private"})
        self.assertEqual(offers("shmbus-send", "stat", "--shmid", ""), self.shmids)
        self.assertEqual(offers("shmbus-watch", "--key", ""), {"5679", "5680", "private"})
        self.assertEqual(offers("shmbus-watch", "--event", "de"), {"detached"})
        self.assertEqual(offers("shmbus-watch", "--wa"), {"--wait"})
        self.assertEqual(offers("shmbus-agent", "--detection", ""), {"auto", "trace", "scan"})
        self.assertLessEqual({"--socket-mode", "--policy", "--check"}, offers("shmbus-agent", "--"))
        nobody = f"ipc://{self.agent.runtime}/nobody.sock"
        self.assertEqual(offers("shmbus-send", "--commands", nobody, "stat", "--key", ""), set())

    def test_bash(self):
        self.check("bash")
        with open(os.path.join(self.agent.runtime, "requests.jsonl"), "wb"):
            self.assertEqual(self.offered("bash", "shmbus-send", "batch", "req"), {"requests.jsonl"})
        # As bash splits --key=567
        self.assertEqual(self.offered("bash", "shmbus-send", "stat", "--key", "=", "567"), {"5679"})
        self.assertEqual(self.offered("bash", "shmbus-send", "stat", "--key", "="), {"5679", "5680"})

    @unittest.skipUnless(shutil.which("fish"), "no fish")
    def test_fish(self):
        self.check("fish")

    @unittest.skipUnless(shutil.which("zsh"), "no zsh")
    def test_zsh(self):
        self.check("zsh")


if __name__ == "__main__":
    bus.main()
