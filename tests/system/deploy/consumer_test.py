#!/usr/bin/python3
"""A project outside, which knows the client library by find_package alone, against what cmake --install gives."""
import os
import pathlib
import re
import shutil
import subprocess

import bus

BUILD = bus.BIN.resolve().parent
CONSUMER = bus.SOURCE / "tests/consumer"


class Consumer(bus.BusTest):
    def run_here(self, *command, **how):
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False,
                              timeout=5 * bus.PATIENCE, **how)
        self.assertEqual(done.returncode, 0, f"{command}\n{done.stdout}{done.stderr}")
        return done.stdout

    def test_it_builds_against_what_is_installed_and_the_agent_serves_it(self):
        prefix, build = BUILD / "consumer/prefix", BUILD / "consumer/build"
        shutil.rmtree(BUILD / "consumer", ignore_errors=True)
        self.run_here("cmake", "--install", BUILD, "--prefix", prefix)
        shown = BUILD / "consumer/readme.cpp"
        readme = (bus.SOURCE / "README.md").read_text(encoding="utf-8")
        shown.write_text(re.search(r"^```cpp\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)[1], encoding="utf-8")
        self.run_here("cmake", "-S", CONSUMER, "-B", build, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={prefix}",
                      f"-DREADME_PROGRAM={shown}")
        self.run_here("cmake", "--build", build)
        self.assertEqual(self.run_here(build / "consumer", env=bus.environment(self.agent.runtime)), "consumer: done\n")
        self.assertRegex(self.run_here(build / "readme", env=bus.environment(self.agent.runtime)), r"^shmid \d+\n$")
        for path in (p for p in prefix.rglob("*.cmake") if p.is_file()):
            self.assertNotIn(str(bus.SOURCE), path.read_text(encoding="utf-8"), path)
        headers = [str(pathlib.Path(p).relative_to(prefix / "include/shmbus"))
                   for p in sorted(prefix.rglob("*.hpp"))]
        self.assertIn("protocol/client/client.hpp", headers)
        everything = "".join(f'#include "{header}"\n' for header in headers)
        self.run_here(os.environ.get("CXX", "c++"), "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-x", "c++",
                      "-I", prefix / "include/shmbus", "-", input=everything)


if __name__ == "__main__":
    bus.main()
