#!/usr/bin/python3
"""One version everywhere, and a list of dependencies that is what is installed and linked.

Usage: release_test.py SOURCE_DIR BIN_DIR
"""
import pathlib
import platform
import re
import subprocess
import sys
import unittest

SOURCE, BIN = (pathlib.Path(argument) for argument in sys.argv[1:3])
PROGRAMS = ("shmbus-agent", "shmbus-send", "shmbus-watch")
AGENT_ALONE = {"libspdlog1.10", "libfmt9"}
SANITIZERS = {"libasan8", "libubsan1", "libtsan2"}
PAGES = ("agent/man/shmbus-agent.8", "agent/man/shmbus.toml.5", "agent/man/shmbus-policy.5", "tools/send/shmbus-send.1",
         "tools/watch/shmbus-watch.1")


def read(path):
    return (SOURCE / path).read_text(encoding="utf-8")


def told(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


VERSION = re.search(r"project\(shmbus VERSION ([\d.]+)", read("CMakeLists.txt")).group(1)


class Version(unittest.TestCase):
    def test_the_programs_tell_it(self):
        for program in PROGRAMS:
            self.assertEqual(told(str(BIN / program), "--version").splitlines()[0], f"{program} {VERSION}")

    def test_the_manual_pages_do(self):
        for page in PAGES:
            self.assertIn("@PROJECT_VERSION@", read(f"{page}.scd").splitlines()[0], page)
        for page in (*PAGES, "shmbus-protocol.7"):  # the last is made of PROTOCOL.md
            made = BIN.parent / "man" / pathlib.Path(page).name
            self.assertIn(f'"shmbus {VERSION}"', made.read_text(encoding="utf-8"), page)

    def test_the_changelog_begins_with_it(self):
        heads = re.findall(r"^## (.+)$", read("CHANGELOG.md"), re.M)
        self.assertRegex(heads[0], rf"^\[{re.escape(VERSION)}\] - (Unreleased|\d{{4}}-\d\d-\d\d)$")
        kinds = re.findall(r"^### (.+)$", read("CHANGELOG.md"), re.M)
        self.assertTrue(kinds)
        self.assertLessEqual(set(kinds), {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"})

    def test_the_packages_have_no_other(self):
        self.assertFalse((SOURCE / "deploy/debian/changelog").exists())  # deploy/package makes it from CHANGELOG.md
        needed = re.search(r"^Build-Depends:(.+?)^\S", read("deploy/debian/control"), re.M | re.S).group(1)
        declared = {name for name in re.findall(r"[a-z][a-z0-9+-]+", re.sub(r"\(.*?\)", "", needed)) if name != "debhelper-compat"}
        script = 'source "$0"; printf "%s\\n" "${SHMBUS_BUILD_PACKAGES[@]}"'
        built_with = set(told("bash", "-c", script, str(SOURCE / "deploy/install-packages")).split())
        self.assertEqual(declared, built_with - {"g++", "ccache"})  # the first is in each Debian build, the other not needed

    def test_the_container_has_no_other(self):
        files = [*(SOURCE / "deploy/container").glob("*.yaml"), *(SOURCE / "deploy/container/kubernetes").glob("*.yaml")]
        self.assertEqual(len(files), 4)
        for file in files:
            images = set(re.findall(r"image: (\S+)", file.read_text(encoding="utf-8")))
            self.assertEqual(images, {f"shmbus:{VERSION}"}, file)
        self.assertIn(f"--tag shmbus:{VERSION} ", read("deploy/container/README.md"))

    def test_the_licence_is_there_and_named(self):
        self.assertRegex(read("LICENSE"), r"Apache License\s+Version 2\.0")
        self.assertIn("Apache License 2.0", read("README.md"))
        self.assertIn("(deploy/SECURITY.md)", read("README.md"))


def dependencies():
    """{section: {package: version}} of the page."""
    parts = re.split(r"^## (.+)\n", read("deploy/DEPENDENCIES.md"), flags=re.M)[1:]
    return {name: dict(re.findall(r"^\| ([a-z][\w.+-]+) \| (\d\S*) \| \S", text, re.M))
            for name, text in zip(parts[::2], parts[1::2])}


def owners_of(libraries):
    """The packages that libraries belong to; before Debian joined / and /usr some were recorded under /."""
    real = {str(pathlib.Path(library).resolve()) for library in libraries}
    asked = {*libraries, *real, *(path.removeprefix("/usr") for path in real)}
    rows = subprocess.run(["dpkg", "-S", *asked], capture_output=True, text=True, check=False).stdout.splitlines()
    return {row.split(": ")[1].removeprefix("/usr"): row.split(":")[0] for row in rows}


def upstream(version):
    """Of 1:4.8+really4.7.5-1 it is 4.7.5."""
    return re.sub(r"^.*really", "", re.sub(r"^\d+:", "", version))


class Dependencies(unittest.TestCase):
    LISTED = dependencies()

    def test_each_package_that_is_installed_is_listed_and_the_other_way_round(self):
        script = ('source "$0"; printf "%s\\n" "${SHMBUS_PACKAGES[@]}" "${SHMBUS_LINT_PACKAGES[@]}" '
                  '"${SHMBUS_PACKAGING_PACKAGES[@]}" "${SHMBUS_FRESH_ROOT_PACKAGES[@]}"')
        installed = told("bash", "-c", script, str(SOURCE / "deploy/install-packages")).split()
        listed = [name for section, packages in self.LISTED.items() if section != "Linked at run time" for name in packages]
        self.assertEqual(sorted(listed), sorted(installed))

    def test_what_the_programs_link_is_listed_and_the_other_way_round(self):
        listed = set(self.LISTED["Linked at run time"])
        linked = {program: set(re.findall(r"(?:=> |^\s*)(/\S+)", told("ldd", str(BIN / program)), re.M))
                  for program in PROGRAMS}
        owners = owners_of(set().union(*linked.values()))
        for program, libraries in linked.items():
            packages = {owners.get(library.removeprefix("/usr")) or
                        owners[str(pathlib.Path(library).resolve()).removeprefix("/usr")] for library in libraries}
            self.assertEqual(packages - SANITIZERS, listed if program == "shmbus-agent" else listed - AGENT_ALONE, program)

    @unittest.skipUnless(platform.freedesktop_os_release().get("VERSION_ID") == "12", "the versions are Debian 12's")
    def test_versions_are_those_installed(self):
        for packages in self.LISTED.values():
            for package, version in packages.items():
                found = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True,
                                       check=False).stdout
                if found:  # what is for the style alone need not be there
                    self.assertRegex(upstream(found), rf"^{re.escape(version)}(?![0-9])", package)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=1)
