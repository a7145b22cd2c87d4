"""Codecs, normalisers and rules are functions of their input: no I/O, event loop, clock or log.

In an adapter family only a module that imports ``hub.streams`` talks to devices (two of its modules are pure
themselves and do not count); every other one is pure.
What import-linter cannot say (modules by what they import, a clock behind a method) is said here.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.tree import ROOT

IMPURE = {
    "asyncio",
    "socket",
    "selectors",
    "ssl",
    "time",
    "logging",
    "threading",
    "subprocess",
    "random",
    "serial",
}
CLOCKS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today")}
PURE_ELSEWHERE = (
    "hub/mqtt/packets.py",
    "hub/alarms/**/*.py",
    "hub/notify/*.py",
    "hub/streams/http_credentials.py",
    "hub/streams/modbus_frames.py",
    "hub/chaos/faults.py",
    "hub/chaos/timing.py",
    "storage/influx/lines.py",
    "storage/influx/pages.py",
    "storage/influx/series_book.py",
    "storage/influx/told_events.py",
    "storage/influx/cardinality.py",
    "storage/influx/measurements/*.py",
)


def syntax(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def clocks(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if (name, attribute) in CLOCKS:
                yield f"{name}.{attribute}"


def talks_to_devices(path: Path) -> bool:
    names = {name for name in imports(syntax(path)) if name.replace(".", "/") + ".py" not in PURE_ELSEWHERE}
    return any(name == "hub.streams" or name.startswith("hub.streams.") for name in names)


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


ADAPTER_MODULES = sorted((ROOT / "adapters").rglob("*.py"))
DRIVERS = {module_name(path) for path in ADAPTER_MODULES if talks_to_devices(path)}
# Without a line of their own, parts of the drivers: which line's task sends; who waits for an answer.
DRIVERS |= {f"adapters.lab_analyzers.{name}" for name in ("astm_downloads", "hl7_passed_orders")}
DRIVERS |= {"adapters.qr_gates.gate_adapter"}
# Processes that read bytes of cameras, and one of them itself, which waits for packets.
DRIVERS |= {
    f"adapters.cameras.keyframes.{name}"
    for name in ("demuxer", "started_process", "worker_process", "workers")
}
# An option of a connection's socket; one question to a network.
DRIVERS |= {"adapters.cameras.rtsp.low_water", "adapters.cameras.onvif.discovery"}
# What cameras share, and who tells of one: parts of the monitor.
DRIVERS |= {
    f"adapters.cameras.{name}"
    for name in ("camera_board", "camera_pauses", "camera_session", "health_teller", "rtsp_camera")
}
PURE = [path for path in ADAPTER_MODULES if module_name(path) not in DRIVERS]
PURE += sorted(path for pattern in PURE_ELSEWHERE for path in ROOT.glob(pattern))


@pytest.mark.parametrize("path", PURE, ids=module_name)
def test_pure_module(path: Path) -> None:
    tree = syntax(path)
    names = set(imports(tree))
    assert {name for name in names if name.split(".")[0] in IMPURE} == set()
    assert names & DRIVERS == set()
    assert list(clocks(tree)) == []


def test_the_rule_finds_what_it_forbids() -> None:
    tree = ast.parse("import time\nfrom asyncio import sleep\nwhen = datetime.now(UTC)")
    assert {name for name in imports(tree) if name in IMPURE} == {"time", "asyncio"}
    assert list(clocks(tree)) == ["datetime.now"]
