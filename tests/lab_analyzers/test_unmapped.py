"""A word that nobody knew: stored, listed, given a meaning in the profile, and corrected by a replay."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from adapters.lab_analyzers.hl7_mllp import Hl7Mllp
from hub.cli.main import main
from hub.contract import Frame
from hub.control import SOCKET, serve_control
from hub.edge.edge import Edge, EdgeSettings
from hub.mqtt.connection import BrokerAddress
from hub.payloads import Code, LabResult, Target
from hub.runtime.edge_socket import edge_calls
from hub.unmapped_codes import unmapped_codes
from tests.background import background
from tests.lab_analyzers.line import config, oru
from tests.spool.parts import every_row

PROFILE = 'source = "a test"\nspecimen = ["OBR-3"]\n[words]\n{words}'
PATIENCE_SECONDS = 20


def result(*targets: Target, status: Any = "F") -> LabResult:
    return LabResult(specimen="S", test=Code("T"), call="UNMAPPED", status=status, targets=targets)


@pytest.mark.parametrize(
    ("told", "codes"),
    [
        (result(Target("A"), Target("B", call="NEG")), [("T", "A")]),
        (result(Target("A", value=8.1)), []),
        (result(Target("A", ct=31.0)), []),
        (result(Target("A"), status="X"), []),
    ],
)
def test_what_counts_as_unmapped(told: LabResult, codes: list[tuple[str, str]]) -> None:
    assert unmapped_codes(told) == codes


@asynccontextmanager
async def serving(folder: Path, profile: Path) -> AsyncIterator[Edge]:
    """An edge with one analyzer and its local socket; nobody is at the other end of its bus."""
    settings = EdgeSettings(
        "edge-1", "bv", "1", folder / "spool.db", folder / "keys", BrokerAddress("127.0.0.1", 9)
    )
    edge = Edge(settings, (config(profile=str(profile)),), lambda _: Hl7Mllp)
    await edge.open()
    try:
        async with background(serve_control(folder / SOCKET, edge_calls(edge))):
            while not (folder / SOCKET).exists():  # noqa: ASYNC110 - a file tells that it serves
                await asyncio.sleep(0)
            yield edge
    finally:
        await edge.spool.close()


async def came(edge: Edge, *messages: bytes) -> None:
    adapter, outlet = edge.adapters["xpert-1"], edge.outlets["xpert-1"]
    for number, raw in enumerate(messages):
        frame = Frame(raw, f"M{number}", "10.0.0.9")
        meaning = adapter.understand(frame, 1_790_000_000_000)
        await outlet.emit(*meaning.facts, frame=frame, problems=meaning.problems)


async def results(edge: Edge) -> list[dict[str, Any]]:
    rows = [json.loads(row.body) for row in await every_row(edge.spool)]
    return [row for row in rows if row["type"] == LabResult.TYPE]


async def told(*arguments: str) -> tuple[int, str]:
    """The command in a process of its own, as a person runs it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", f"from {main.__module__} import main; main()", *arguments,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    async with asyncio.timeout(PATIENCE_SECONDS):
        out, _ = await process.communicate()
    return process.returncode or 0, out.decode()


def message(specimen: str, word: str) -> bytes:
    return oru(specimen=specimen, obr=f"OBR|1|O|{specimen}|COV", obx=[f"OBX|1|ST|COV||{word}||||||F"])


@pytest.mark.slow
async def test_a_word_added_to_the_profile_corrects_what_is_kept(tmp_path: Path) -> None:
    profile = tmp_path / "own.toml"
    profile.write_text(PROFILE.format(words=""), "utf-8")
    async with serving(tmp_path, profile) as edge:
        await came(edge, message("S-1", "Có virus"), message("S-2", "NEGATIVE"), message("S-3", "Có virus"))
        code, listed = await told("profile", "unmapped", "--data", str(tmp_path))
        assert (code, "       2  xpert-1              COV  COV" in listed) == (0, True)
        assert "virus" not in listed
        code, early = await told("profile", "replay", "xpert-1", "--data", str(tmp_path))
        assert (code, "2 messages read again, 0 new events, 2 still unmapped" in early) == (0, True)
        profile.write_text(PROFILE.format(words='"Có virus" = "MAYBE"'), "utf-8")
        code, wrong = await told("profile", "replay", "xpert-1", "--data", str(tmp_path))
        assert (code, "profile " in wrong) == (1, True)
        first = await results(edge)
        assert [row["data"]["call"] for row in first] == ["UNMAPPED", "NEG", "UNMAPPED"]

        profile.write_text(PROFILE.format(words='"Có virus" = "POS"'), "utf-8")
        code, done = await told("profile", "replay", "xpert-1", "--data", str(tmp_path))
        assert (code, "2 messages read again, 2 new events, 0 still unmapped" in done) == (0, True)
        corrected = (await results(edge))[3:]
        assert sorted((row["data"]["specimen"], row["data"]["call"]) for row in corrected) == [
            ("S-1", "POS"),
            ("S-3", "POS"),
        ]
        assert sorted(row["supersedes"] for row in corrected) == sorted([first[0]["id"], first[2]["id"]])
        code, again = await told("profile", "replay", "xpert-1", "--data", str(tmp_path))
        assert (code, "0 messages read again, 0 new events" in again) == (0, True)


@pytest.mark.slow
async def test_a_device_that_is_not_there_is_told(tmp_path: Path) -> None:
    profile = tmp_path / "own.toml"
    profile.write_text(PROFILE.format(words=""), "utf-8")
    async with serving(tmp_path, profile):
        code, out = await told("profile", "replay", "no-such", "--data", str(tmp_path))
        assert (code, "no such device" in out) == (1, True)
