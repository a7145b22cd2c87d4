"""Ten things that happen on ASTM lines, over a real port into a real spool: each is looked for in its rows.

Of each the device sees the answers that the standard gives it, and the spool holds the result once, every
byte that is no part of a message with its reason, and no piece of an unfinished one.
"""

import asyncio
import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hub.events import number_body
from hub.spool import Spool
from hub.spool.desk import CaptureFilter, SpoolDesk
from tests.conformance.adapter_contract import running
from tests.lab_analyzers.astm.device import (
    ACK,
    ENQ,
    EOT,
    ETB,
    NAK,
    PATIENCE_SECONDS,
    Device,
    adapter,
    frame,
    frames,
    records,
)
from tests.lab_analyzers.astm.edge_process import outlet_on
from tests.spool.parts import every_row, opened

RECORDS = records()
MESSAGE = b"".join(RECORDS)
SENT = frames(RECORDS)
CUT = [MESSAGE[at : at + 240] for at in range(0, len(MESSAGE), 240)]
IN_PARTS = [frame(at, part, ETB) for at, part in enumerate(CUT[:-1], 1)] + [frame(len(CUT), CUT[-1])]
WRONG_SUM = SENT[2][:-4] + b"00\r\n"
DAMAGED = IN_PARTS[0].replace(b"COV", b"CQV")
JUMPED = [frame(at, record) for at, record in enumerate(RECORDS[2:], 6)]
BYTES = [bytes((each,)) for each in ENQ + b"".join(SENT) + EOT]


@dataclass(frozen=True)
class Scenario:
    """``said``: one write each; ``answers``: all of them; ``kept``: what is no part of a message."""

    said: list[bytes]
    answers: bytes
    results: int = 1
    kept: tuple[tuple[str, bytes], ...] = ()
    numbering: str = "resync"


CASES = {
    "A clean session": Scenario([ENQ, *SENT, EOT], ACK * 8),
    "B one byte a segment": Scenario(BYTES, ACK * 8),
    "C frame repeated because the ACK was lost": Scenario([ENQ, *SENT[:3], SENT[2], *SENT[3:], EOT], ACK * 9),
    "D wrong checksum, then resent": Scenario(
        [ENQ, *SENT[:2], WRONG_SUM, *SENT[2:], EOT], ACK * 3 + NAK + ACK * 5
    ),
    "E wrong frame number, right content": Scenario(
        [ENQ, *SENT[:2], *JUMPED, EOT], ACK * 8
    ),
    "E wrong frame number where numbers count": Scenario(
        [ENQ, *SENT[:2], frame(6, RECORDS[2]), *SENT[2:], EOT], ACK * 3 + NAK + ACK * 5, numbering="strict"
    ),
    "F frames of 240 bytes": Scenario([ENQ, *IN_PARTS, EOT], ACK * (len(IN_PARTS) + 1)),
    "G damaged frame of several, then resent": Scenario(
        [ENQ, DAMAGED, *IN_PARTS, EOT], ACK + NAK + ACK * len(IN_PARTS)
    ),
    "H line lost before EOT": Scenario(
        [ENQ, *SENT[:5]], ACK * 6, results=0, kept=(("astm.line_closed", b"".join(RECORDS[:5])),)
    ),
    "H line lost behind the last frame": Scenario([ENQ, *SENT], ACK * 8),
    "I everything in one segment": Scenario([ENQ + b"".join(SENT) + EOT], ACK * 8),
    "I ENQ with the first frame, EOT with the last": Scenario(
        [ENQ + SENT[0], *SENT[1:-1], SENT[-1] + EOT], ACK * 8
    ),
    "J sender begins anew": Scenario(
        [ENQ, *SENT[:2], ENQ, *SENT, EOT],
        ACK * 11,
        kept=(("astm.restarted", b"".join(RECORDS[:2])),),
    ),
}  # fmt: skip


@dataclass
class Stored:
    """What a spool holds of one device."""

    events: list[dict[str, Any]]
    messages: list[bytes]
    kept: list[tuple[str, bytes]]


async def stored(spool: Spool, path: Path) -> Stored:
    assert await spool.unfinished("xpert-1") == {}, "no piece is left"
    entries = list(reversed(await SpoolDesk(path).captures(CaptureFilter("xpert-1"), 100)))
    raw = {
        entry.capture: (await spool.load_capture(bytes.fromhex(entry.capture))).contents.raw
        for entry in entries
    }
    quarantined = await spool.quarantine()
    bodies = [number_body(row.body, "e" * 16, row.seq) for row in await every_row(spool)]
    return Stored(
        [json.loads(body) for body in bodies],
        [raw[entry.capture] for entry in entries if not entry.problems],
        [(entry.reason, raw[entry.capture]) for entry in quarantined],
    )


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
async def test_scenario(tmp_path: Path, case: Scenario) -> None:
    path = tmp_path / "spool.db"
    async with opened(path) as spool:
        made = adapter(outlet_on(spool), link={"numbering": case.numbering})
        async with asyncio.timeout(PATIENCE_SECONDS), running(made):
            device = await Device.dial(made.config.port)
            for piece in case.said:
                device.writer.write(piece)
                await device.writer.drain()
            assert await device.hang_up() == case.answers
        found = await stored(spool, path)
    assert found.messages == [MESSAGE] * case.results
    assert found.kept == list(case.kept)
    results = [event["data"] for event in found.events if event["type"] == "lab.result.v1"]
    assert len(results) == case.results
    assert len(found.events) == case.results + len(case.kept), "one quarantine.v1 for what was kept"
    for result in results:
        assert (result["specimen"], result["call"], result["status"]) == ("DN0812-0007", "NEG", "F")


async def test_nothing_that_a_device_sent_is_told_but_to_the_sealed_captures(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Names, numbers and a query, on good lines and bad: log and events know codes only."""
    caplog.set_level(logging.DEBUG)
    named = [each.replace(b"HN-771", b"HN-771||079200012345|Hoa^Bi Mat||19850401") for each in RECORDS]
    query = [b"H|@^\\|M2||LAB^GeneXpert^6.4\r", b"Q|1|079200012345^Bi Mat Hoa||||||||||O@N\r", b"L|1|N\r"]
    path = tmp_path / "spool.db"
    async with opened(path) as spool:
        made = adapter(outlet_on(spool))
        async with asyncio.timeout(PATIENCE_SECONDS), running(made):
            for said in (
                [ENQ, *frames(named), EOT],
                [ENQ, *frames(named)[:3]],
                [ENQ, *frames(named)[:3], ENQ, *frames(query), EOT],
                [frames(named)[1], frames(named)[2][:-9]],
                [b"Hoa Bi Mat 079200012345"],
            ):
                device = await Device.dial(made.config.port)
                device.writer.write(b"".join(said))
                await device.hang_up()
        found = await stored(spool, path)
    told = caplog.text + json.dumps(found.events)
    assert len(found.kept) >= 4
    assert b"Bi Mat" in b"".join([*found.messages, *(raw for _, raw in found.kept)])
    for secret in ("Bi Mat", "079200012345", "HN-771", "19850401"):
        assert secret not in told


async def test_all_of_them_one_after_the_other_are_one_result(tmp_path: Path) -> None:
    """One cartridge, sent in every way there is: it is one fact, and nothing of it is lost."""
    path = tmp_path / "spool.db"
    cases = [case for case in CASES.values() if case.numbering == "resync"]
    async with opened(path) as spool:
        made = adapter(outlet_on(spool))
        async with asyncio.timeout(PATIENCE_SECONDS), running(made):
            for case in cases:
                device = await Device.dial(made.config.port)
                device.writer.write(b"".join(case.said))
                assert await device.hang_up() == case.answers
        found = await stored(spool, path)
    assert len([event for event in found.events if event["type"] == "lab.result.v1"]) == 1
    assert found.messages == [MESSAGE] * sum(case.results for case in cases)
    assert sorted(found.kept) == sorted(kept for case in cases for kept in case.kept)
