"""``cold_file`` under the suite of adapters, and the rules of its folder."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from adapters.cold_chain.cold_file import ColdFile
from adapters.cold_chain.exports.slabs import ROWS_A_PIECE
from hub.contract import Adapter
from hub.payloads import Reading
from tests.background import background
from tests.cold_chain.files.loggers import export, logger, rows, until
from tests.conformance.adapter_contract import AdapterContract, running
from tests.conformance.memory_outlet import MemoryOutlet


class TestColdFile(AdapterContract):
    ANSWERS = False  # a folder has no line of its own
    good = good_raw = export("2022-06-01 00:00\t4.0", "2022-06-01 00:05\t8.1\tx")
    garbage = garbage_raw = b"\x00\xff no export at all"

    @pytest.fixture(autouse=True)
    def folder(self, tmp_path: Path) -> None:
        self.tmp_path = tmp_path
        self.made = 0

    def make_adapter(self, outlet: MemoryOutlet) -> Adapter[Any]:
        self.made += 1
        folder = self.tmp_path / f"drop-{self.made}"
        folder.mkdir()
        return logger(outlet, folder=folder)

    def make_unavailable_adapter(self, outlet: MemoryOutlet) -> Adapter[Any]:
        return logger(outlet, folder=self.tmp_path / "nowhere")

    async def deliver(self, adapter: Adapter[Any], chunks: Sequence[bytes]) -> bytes:
        path, outlet = adapter.config.folder / "1.txt", adapter.outlet
        assert isinstance(outlet, MemoryOutlet)
        with path.open("wb", buffering=0) as file:
            for chunk in chunks:
                file.write(chunk)
                await asyncio.sleep(0)
        await until(lambda: not path.exists() or (outlet.refuse and not outlet.queued.empty()))
        return b""

    def is_positive(self, answer: bytes) -> bool:
        return answer != b""


async def taken(folder: Path, *members: ColdFile) -> None:
    async with background(ColdFile.run_shared(members)):
        await until(lambda: not [each for each in folder.iterdir() if each.is_file()])


async def test_a_long_export_is_kept_whole_and_taken_in_pieces(tmp_path: Path) -> None:
    outlet, raw = MemoryOutlet(), export(*rows(2 * ROWS_A_PIECE + 5))
    (tmp_path / "A.TXT").write_bytes(raw)
    await taken(tmp_path, logger(outlet, folder=tmp_path))
    assert [len(commit.facts) for commit in outlet.committed] == [2 * ROWS_A_PIECE, 2 * ROWS_A_PIECE, 10]
    assert outlet.committed[0].frame is not None
    assert outlet.committed[0].frame.raw == raw == (tmp_path / "done" / "A.TXT").read_bytes()
    replayed = [
        logger(folder=tmp_path).interpret(commit.frame, 0) for commit in outlet.committed if commit.frame
    ]
    assert [meaning.facts for meaning in replayed] == [commit.facts for commit in outlet.committed]


async def test_an_upload_again_and_a_later_one_are_the_same_events(tmp_path: Path) -> None:
    outlet, days = MemoryOutlet(), rows(40)
    for name, kept in (("1.txt", days[:30]), ("copy.txt", days[:30]), ("2.txt", days[10:])):
        (tmp_path / name).write_bytes(export(*kept))
        await taken(tmp_path, logger(outlet, folder=tmp_path))
    assert len(outlet.committed) == 2
    assert len(outlet.facts) == 2 * 60
    assert len(set(outlet.facts)) == 2 * 40
    assert {
        len({fact.payload for fact in outlet.facts if fact.key == key})
        for key in {f.key for f in outlet.facts}
    } == {1}


async def test_loggers_of_one_folder_are_told_apart_by_their_number(tmp_path: Path) -> None:
    first, second = MemoryOutlet(), MemoryOutlet()
    members = [
        logger(first, folder=tmp_path, serial="A-1"),
        logger(second, folder=tmp_path, serial="A-2", id="b"),
    ]
    assert members[0].link() == members[1].link()
    row = "2022-06-01 00:00\t4.0"
    for serial in ("A-2", "A-1", "A-3"):
        (tmp_path / f"{serial}.txt").write_bytes(export(row, serial=serial))
    await taken(tmp_path, *members)
    assert (len(first.facts), len(second.facts)) == (2, 2)
    (kept,) = [commit for commit in first.committed if commit.malformed]
    assert (kept.attributed, kept.malformed and kept.malformed.reason) == (False, "cold.file_of_none")
    assert [each.name for each in (tmp_path / "rejected").iterdir()] == ["A-3.txt"]


async def test_a_file_that_fits_two_loggers_is_nobodys(tmp_path: Path) -> None:
    outlet = MemoryOutlet()
    (tmp_path / "x.txt").write_bytes(export("2022-06-01 00:00\t4.0"))
    await taken(tmp_path, logger(outlet, folder=tmp_path), logger(outlet, folder=tmp_path, id="b"))
    assert [(each.attributed, each.malformed and each.malformed.reason) for each in outlet.committed] == [
        (False, "cold.file_of_several")
    ]


async def test_an_export_without_its_end_is_waited_for(tmp_path: Path) -> None:
    outlet, raw = MemoryOutlet(), export("2022-06-01 00:00\t4.0")
    (tmp_path / "x.txt").write_bytes(raw[:-12])
    (tmp_path / "z.txt").write_bytes(export("2022-06-01 00:05\t4.0"))
    async with running(logger(outlet, folder=tmp_path, unfinished_seconds=3600)):
        await until(lambda: not (tmp_path / "z.txt").exists())
        assert (tmp_path / "x.txt").exists()
        (tmp_path / "x.txt").write_bytes(raw)
        await until(lambda: not (tmp_path / "x.txt").exists())
    assert not any(commit.problems for commit in outlet.committed)


async def test_one_that_never_gets_its_end_is_taken_and_told(tmp_path: Path) -> None:
    outlet = MemoryOutlet()
    (tmp_path / "x.txt").write_bytes(export("2022-06-01 00:00\t4.0", end=""))
    await taken(tmp_path, logger(outlet, folder=tmp_path))
    assert [problem.reason for commit in outlet.committed for problem in commit.problems] == [
        "cold.export_cut"
    ]
    assert outlet.facts


async def test_one_that_is_too_large_is_put_away(tmp_path: Path) -> None:
    outlet = MemoryOutlet()
    (tmp_path / "x.txt").write_bytes(export(*rows(100)))
    await taken(tmp_path, logger(outlet, folder=tmp_path, file_max_bytes=1024))
    assert [each.reason for each in outlet.quarantined] == ["cold.too_large"]


async def test_a_probe_that_failed_and_silence_are_told(tmp_path: Path) -> None:
    outlet = MemoryOutlet()
    (tmp_path / "x.txt").write_bytes(export("2022-06-01 00:00\t-127.0"))
    async with running(logger(outlet, folder=tmp_path, silent_after_seconds=0.5)):
        await until(lambda: ("UNKNOWN", "device.silent") in outlet.states)
        assert ("DEGRADED", "probe_failed") in outlet.states
        (tmp_path / "y.txt").write_bytes(export("2022-06-01 00:05\t4.0"))
        await until(lambda: outlet.states[-1] == ("ONLINE", "measures_again"))


async def test_a_clock_ahead_is_told(tmp_path: Path) -> None:
    outlet = MemoryOutlet()
    ahead = datetime.now(ZoneInfo("Asia/Ho_Chi_Minh")) + timedelta(hours=2)
    (tmp_path / "x.txt").write_bytes(export(f"{ahead:%Y-%m-%d %H:%M}\t4.0"))
    async with running(logger(outlet, folder=tmp_path)):
        await until(lambda: ("DEGRADED", "clock_wrong") in outlet.states)
    assert {fact.payload.reason for fact in outlet.facts if isinstance(fact.payload, Reading)} == {
        "time_ahead"
    }


async def test_a_file_that_cannot_be_put_away_is_told(tmp_path: Path) -> None:
    outlet = MemoryOutlet()
    (tmp_path / "done").symlink_to(tmp_path)
    (tmp_path / "x.txt").write_bytes(export("2022-06-01 00:00\t4.0"))
    async with running(logger(outlet, folder=tmp_path)):
        await until(lambda: ("DEGRADED", "file_not_taken") in outlet.states)
    assert len(outlet.committed) == 1
