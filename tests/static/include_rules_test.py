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

# The rooms of the agent, lowest first: a file includes only what is in its own room or in one below. What lies outside
# all rooms (agent.*, main.cpp, version.*) is above them.
LAYERS = ("base", "kernel", "system", "trace", "config", "transport", "access", "events", "watch", "requests")


def layer_of(path):
    """The number of the agent's room that a path lies in; that of the roof for a file outside of all."""
    parts = path.split("/")
    return LAYERS.index(parts[1]) if len(parts) > 2 else len(LAYERS)


def violations(path, text):
    found = []
    for header in INCLUDE.findall(text):
        for pattern, homes in ALLOWED.items():
            if re.fullmatch(pattern, header) and not path.startswith(homes):
                found.append(f"{path}: <{header}> belongs only in {', '.join(homes)}")
        for prefix in FORBIDDEN[path.split("/")[0]]:
            if header.startswith(prefix):
                found.append(f"{path}: {path.split('/')[0]} must not know {prefix} ({header})")
        if path.startswith("agent/") and header.startswith("agent/") and layer_of(header) > layer_of(path):
            found.append(f"{path}: {header} lies above it")
    return found


def main():
    # The rules themselves are alive:
    assert violations("protocol/error.cpp", "#include <zmq.hpp>\n")
    assert violations("agent/agent.cpp", '#include "tools/output.hpp"\n')
    assert violations("agent/system/lock_file.cpp", "#  include <sys/shm.h>\n")
    assert not violations("agent/kernel/sysv_kernel.cpp", "#include <sys/shm.h>\n")
    assert violations("agent/kernel/sysv_kernel.cpp", '#include "agent/system/process.hpp"\n')
    assert violations("agent/requests/dispatcher.hpp", '#include "agent/agent.hpp"\n')
    assert not violations("agent/agent.cpp", '#include "agent/requests/operations/target.hpp"\n')

    root = pathlib.Path(sys.argv[1])
    files = sorted(f for room in ROOMS for f in (root / room).rglob("*") if f.suffix in (".cpp", ".hpp", ".h"))
    assert files, f"no sources under {root}"
    folders = {f.parent.name for f in (root / "agent").glob("*/*.hpp")}
    assert folders <= set(LAYERS), f"a room without a place among the layers: {folders - set(LAYERS)}"
    broken = [v for f in files for v in violations(f.relative_to(root).as_posix(), f.read_text(encoding="utf-8"))]
    print(*(broken or [f"{len(files)} files keep the rules"]), sep="\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
