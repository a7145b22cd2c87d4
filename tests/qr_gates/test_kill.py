"""A gate that is killed (kill -9) while people stream in: each decision is whole, and nobody enters twice."""

import asyncio
import json
import sys
from asyncio.subprocess import Process
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import apsw
import pytest

from tests.fire.patience import until, until_told
from tests.ports import free_port
from tests.qr_gates.visitors import card
from tools.tree import ROOT

PEOPLE = 1500
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


async def started(folder: Path, port: int) -> tuple[Process, asyncio.StreamWriter]:
    """The process, and a line to its gate."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.qr_gates.gate_process", str(folder), str(port), cwd=ROOT
    )
    lines: list[asyncio.StreamWriter] = []

    async def listens() -> bool:
        assert process.returncode is None, "the gate does not start"
        with suppress(OSError):
            lines.append((await asyncio.open_connection("127.0.0.1", port))[1])
        return bool(lines)

    await until_told(listens, "the gate listens")
    return process, lines[0]


def spool_of(folder: Path) -> apsw.Connection:
    return apsw.Connection(str(folder / "spool.db"), flags=apsw.SQLITE_OPEN_READONLY)


def entered(folder: Path) -> int:
    with closing(spool_of(folder)) as spool:
        return int(next(spool.execute("SELECT count(*) FROM event WHERE topic LIKE '%/gate-passage-v1'"))[0])


async def until_entered(folder: Path, count: int) -> None:
    await until(lambda: entered(folder) >= count, f"{count} are in")


def events(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Of each type, in the order of the spool."""
    found: dict[str, list[dict[str, Any]]] = {}
    with closing(spool_of(folder)) as spool:
        for (body,) in spool.execute("SELECT body FROM event ORDER BY n"):
            event = json.loads(body)
            found.setdefault(event["type"], []).append(event["data"])
    return found


async def show(folder: Path, port: int, people: int, least: int) -> None:
    """Everybody up to ``people``, in one stream; killed once ``least`` are in."""
    process, line = await started(folder, port)
    line.write(b"".join(card(number) + b"\r" for number in range(people)))
    await until_entered(folder, least)
    process.kill()
    await process.wait()
    line.transport.abort()


async def test_each_decision_is_whole_and_nobody_enters_twice(tmp_path: Path) -> None:
    """The same people from the first on after each kill, and more: who is in is refused, the others enter."""
    port = free_port()
    await show(tmp_path, port, PEOPLE // 3, 50)
    await show(tmp_path, port, PEOPLE // 2, entered(tmp_path) + 50)
    before = entered(tmp_path)
    await show(tmp_path, port, PEOPLE, PEOPLE)
    told = events(tmp_path)
    scans = {scan["scan"]: scan for scan in told["gate.scan.v1"]}
    allowed = [each["scan"] for each in told["gate.decision.v1"] if each["decision"] == "allow"]
    assert len(scans) == len(told["gate.scan.v1"]) == len(told["gate.decision.v1"])
    assert allowed == [passage["scan"] for passage in told["gate.passage.v1"]]
    assert set(Counter(scans[name]["visit"] for name in allowed).values()) == {1}
    assert len(allowed) == PEOPLE
    refused = Counter(each["reason"] for each in told["gate.decision.v1"] if each["decision"] != "allow")
    assert set(refused) <= {"passage.same_direction", "scan.repeated"}
    assert sum(refused.values()) >= before
