#!/usr/bin/python3
"""Limits that an operator sets."""
import re
import subprocess

import bus


UNITS = {"KiB": 1 << 10, "MiB": 1 << 20}


def number(words):
    """1 MiB + 64 KiB as a number."""
    terms = [term.split() for term in words.split("+")]
    return sum(int(term[0]) * UNITS[term[1]] if len(term) > 1 else int(term[0]) for term in terms)


def documented():
    """The options in SECURITY.md's table of limits, and their defaults."""
    document = (bus.SOURCE / "deploy/SECURITY.md").read_text(encoding="utf-8")
    table = document[document.index("## Limits"):document.index("## Reporting")]
    defaults = {}
    for _, options, values in re.findall(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", table, re.MULTILINE):
        options = re.findall(r"`(--[a-z-]+)`", options)
        if options:
            defaults.update(zip(options, map(number, values.split(",")), strict=True))
    return defaults


class Options(bus.BusTest):
    def with_options(self, *options):
        self.agent = self.start(*options)
        self.client = self.new_client()

    def test_the_document_has_each_option_of_the_help_with_its_default(self):
        text = subprocess.run([str(bus.BIN / "shmbus-agent"), "--help"], capture_output=True, text=True,
                              check=True).stdout
        helped = re.findall(r"^ +(--(?:max|replay|once)-[a-z-]+) [^\n=]*=([\d.]+)", text, re.MULTILINE)
        self.assertEqual({option: float(default) for option, default in helped}, documented())

    def test_a_lease(self):
        self.with_options("--max-lease", "1")
        self.client.result("create", shm_key=77, shm_segsz=1)
        self.assertEqual(self.client.result("attach", shm_key=77)["lease_ms"], 1000)
        self.assertEqual(self.client.result("attach", shm_key=77, lease_ms=500)["lease_ms"], 500)


if __name__ == "__main__":
    bus.main()
