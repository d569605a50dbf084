#!/usr/bin/python3
"""What each page, help and table says of options and operations, against the others.

Usage: documents_test.py SOURCE_DIR BIN_DIR
"""
import pathlib
import re
import subprocess
import sys
import tomllib
import unittest

SOURCE, BIN = (pathlib.Path(argument) for argument in sys.argv[1:3])
COMMON = {"--help", "--id", "--epoch", "--once"}  # of each operation, described once
PAGES = {"shmbus-agent": "agent/man/shmbus-agent.8.scd", "shmbus-send": "tools/send/shmbus-send.1.scd",
         "shmbus-watch": "tools/watch/shmbus-watch.1.scd"}


def read(path):
    return (SOURCE / path).read_text(encoding="utf-8")


def told(program, *arguments):
    return subprocess.run([str(BIN / program), *arguments], capture_output=True, text=True, check=True, timeout=60).stdout


def options_in(help_text):
    """{name: (help, default or None, environment or None)} of a --help, as CLI11 lays it out: help from column 30 on."""
    lines = re.search(r"^Options:\n(.*?)(?:\n\n|\Z)", help_text, re.S | re.M).group(1).rstrip("\n").split("\n")
    entries = []
    for line, following in zip(lines, lines[1:] + [""]):
        if line.startswith(" " * 30):
            entries[-1][1].append(line.strip())
        elif following.startswith(" " * 30):
            entries.append((line, []))
        else:
            entries.append((line[:30], [line[30:].strip()]))
    found = {}
    for head, texts in entries:
        default = re.search(r"[A-Z\]}]=(\S+)", head)
        environment = re.search(r"\(Env:(\w+)\)", head)
        found[re.search(r"--[a-z-]+", head).group()] = (
            " ".join(texts), default and default.group(1), environment and environment.group(1))
    return found


def subcommands_in(help_text):
    return dict(re.findall(r"^  ([a-z]+) +(\S.*)$", help_text.split("\nCommands:\n")[1].split("\n\n")[0], re.M))


def plain(scd):
    """The text of a page's source without its marks."""
    return re.sub(r"\\(.)", r"\1", re.sub(r"(?<!\\)[*_]", "", scd))


def sections(scd, level):
    parts = re.split(rf"^{'#' * level} (.+)\n", scd, flags=re.M)[1:]
    return dict(zip(parts[::2], parts[1::2]))


def entries_in(scd):
    """{option or key: what stands below it} of a page's source."""
    found = {}
    for head, body in re.findall(r"^(\*.+)\n((?:\t.*\n|\n(?=\t))+)", scd, re.M):
        name = re.search(r"\*((?:--)?[a-z_\\-]+)\*(?! *,)", head).group(1)
        found[plain(name)] = " ".join(plain(body).split())
    return found


def table_of_operations():
    """{operation: [help, {field: (type, default, required, help)}]}, from the pages, in the order of PROTOCOL.md's list."""
    table = {}
    for name in re.findall(r"^\| \[([a-z]+)\]\(operations/\1\.md\) \|", read("protocol/PROTOCOL.md"), re.M):
        page = read(f"protocol/operations/{name}.md")
        rows = re.findall(r"^\| `(\w+)` \|([^|]*)\|([^|]*)\|([^|]*)\|([^|]*)\|$", page, re.M)
        table[name] = [page.splitlines()[2], {field: tuple(cell.strip(" `") for cell in cells) for field, *cells in rows}]
    return table


OPERATIONS = table_of_operations()
HELP = {program: told(program, "--help") for program in PAGES}


class Options(unittest.TestCase):
    maxDiff = None

    def agree(self, options, entries, where):
        self.assertEqual(sorted(options), sorted(entries), where)
        for name, (text, default, environment) in options.items():
            if name not in ("--help", "--version"):
                for word in filter(None, (text, default, environment)):
                    self.assertIn(word, entries[name], f"{where} {name}")

    def test_each_has_its_entry_in_the_page(self):
        for program, page in PAGES.items():
            self.agree(options_in(HELP[program]), entries_in(sections(read(page), 1)["OPTIONS"]), page)

    def test_each_of_a_subcommand_too(self):
        page = sections(sections(read(PAGES["shmbus-send"]), 1)["COMMANDS"], 2)
        commands = subcommands_in(HELP["shmbus-send"])
        self.assertEqual(sorted(page), sorted(commands))
        for name, text in commands.items():
            self.assertIn(text, plain(page[name]))
            options = options_in(told("shmbus-send", name, "--help"))
            self.agree({o: v for o, v in options.items() if o not in COMMON}, entries_in(page[name]), f"shmbus-send {name}")

    def test_each_that_a_file_may_have_is_in_the_page_of_the_file(self):
        example = re.sub(r"^#([a-z_]+ = )", r"\1", read("deploy/shmbus.example.toml"), flags=re.M)
        keys = tomllib.loads(example)
        entries = entries_in(sections(read("agent/man/shmbus.toml.5.scd"), 1)["KEYS"])
        self.assertEqual(sorted(entries), sorted(keys))
        questions = {"--help", "--version", "--config", "--check", "--explain"}
        options = {o[2:].replace("-", "_"): v for o, v in options_in(HELP["shmbus-agent"]).items() if o not in questions}
        self.assertEqual(sorted(options), sorted(keys))
        for key, (_, default, _) in options.items():
            if default:
                self.assertIn(f"Default {default}.", entries[key], key)


class Operations(unittest.TestCase):
    maxDiff = None

    def test_the_sender_has_them_all(self):
        commands = subcommands_in(HELP["shmbus-send"])
        self.assertEqual([*commands][:len(OPERATIONS)], [*OPERATIONS])
        self.assertEqual([*commands][len(OPERATIONS):], ["raw", "keygen"])
        for name, (text, _) in OPERATIONS.items():
            self.assertEqual(commands[name], text)

    def test_the_protocol_has_a_page_and_an_example_for_each(self):
        pages = {page.stem for page in (SOURCE / "protocol/operations").iterdir()}
        self.assertEqual(pages, set(OPERATIONS))
        examples = {example.name for example in (SOURCE / "tests/protocol/examples").iterdir()}
        self.assertEqual(examples, {f"{name}.{side}.hex" for name in OPERATIONS for side in ("request", "reply")})

    def test_the_manual_page_is_made_of_all_of_them(self):
        made = (BIN.parent / "man/shmbus-protocol.7").read_text(encoding="utf-8")
        self.assertEqual(re.findall(r"^\.SH ([a-z]+)$", made, re.M), [*OPERATIONS])
        self.assertRegex(made, r"\n\.SH NAME\nshmbus-protocol \\- .+\n\.SH DESCRIPTION\n")

    def test_the_protocol_has_all_errors_and_events(self):
        document = read("protocol/PROTOCOL.md")
        codes = re.findall(r"^\| `([a-z_]+)` \| \d+ \| .+ \|$", document.split("\n## Errors")[1].split("\n## ")[0], re.M)
        for name in OPERATIONS:
            errors = read(f"protocol/operations/{name}.md").split("\n## Errors\n")[1].split("\n## ")[0]
            for line in errors.splitlines():
                own = re.findall(r"`([a-z_]+)`", re.split(r":|, also|, only", line)[0])
                self.assertLessEqual(set(own), set(codes), name)
        rows = document.split("\n| event | when |")[1].split("\n\n")[0]
        events = [name for cell in re.findall(r"^\| (`.+?) \|", rows, re.M) for name in re.findall(r"`([a-z]+)`", cell)]
        for shell in ("bash", "zsh", "fish"):
            self.assertIn("created removed marked attached detached set written missed", read(f"tools/completion/shmbus.{shell}"))
        self.assertEqual(sorted(events), sorted("created removed marked attached detached set written missed".split()))

    def test_the_policy_s_page_has_each_key(self):
        source = read("agent/access/policy_file.cpp")
        page = sections(read("agent/man/shmbus-policy.5.scd"), 1)
        for kind, section in (("Rule", "RULES"), ("QuotaRule", "QUOTAS")):
            keys = re.findall(rf'Field<{kind}>\{{\s*"([a-z_]+)"', source)
            self.assertGreater(len(keys), 3)
            self.assertEqual(sorted(entries_in(page[section])), sorted(keys), section)


class Examples(unittest.TestCase):
    def test_each_help_has_some(self):
        for program in PAGES:
            self.assertRegex(HELP[program], rf"\nExamples:\n  {program}\b")
        for name in subcommands_in(HELP["shmbus-send"]):
            self.assertRegex(told("shmbus-send", name, "--help"), rf"\nExample:\n  shmbus-send .*\b{name}\b")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=1)
