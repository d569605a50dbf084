#!/usr/bin/python3
"""The arrows of the architecture: who may include what. Usage: include_rules_test.py SOURCE_DIR"""
import pathlib
import re
import sys

ROOMS = ("protocol", "agent", "tools")
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)

# header pattern -> path prefixes (without extension, so that .hpp and .cpp both match) that may include it
ALLOWED = {
    r"zmq(_addon)?\.hpp?": (
        "agent/transport/", "agent/requests/", "agent/events/", "agent/agent.", "protocol/client/"),
    r"msgpack(\.hpp|\.h|/.*)": ("protocol/codec/",),
    r"sys/shm\.h": ("agent/kernel/sysv_kernel.",),
}
FORBIDDEN = {"protocol": ("agent/", "tools/", "tests/"), "agent": ("tools/", "tests/"), "tools": ("agent/", "tests/")}


def violations(path, text):
    found = []
    for header in INCLUDE.findall(text):
        for pattern, homes in ALLOWED.items():
            if re.fullmatch(pattern, header) and not path.startswith(homes):
                found.append(f"{path}: <{header}> belongs only in {', '.join(homes)}")
        for prefix in FORBIDDEN[path.split("/")[0]]:
            if header.startswith(prefix):
                found.append(f"{path}: {path.split('/')[0]} must not know {prefix} ({header})")
    return found


def main():
    # The rules themselves are alive:
    assert violations("protocol/error.cpp", "#include <zmq.hpp>\n")
    assert violations("agent/agent.cpp", '#include "tools/output.hpp"\n')
    assert violations("agent/system/lock_file.cpp", "#  include <sys/shm.h>\n")
    assert not violations("agent/kernel/sysv_kernel.cpp", "#include <sys/shm.h>\n")

    root = pathlib.Path(sys.argv[1])
    files = sorted(f for room in ROOMS for f in (root / room).rglob("*") if f.suffix in (".cpp", ".hpp", ".h"))
    assert files, f"no sources under {root}"
    broken = [v for f in files for v in violations(f.relative_to(root).as_posix(), f.read_text(encoding="utf-8"))]
    print(*(broken or [f"{len(files)} files keep the rules"]), sep="\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
