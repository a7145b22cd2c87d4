"""``file_drop``: whole files only, put away after their commit, never out of the folder."""

import asyncio
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from adapters.lab_analyzers.file_drop import FileDrop, FileDropConfig
from hub.contract import Adapter
from hub.payloads import LabResult
from hub.streams import DropFolder
from tests.conformance.adapter_contract import PATIENCE_SECONDS, AdapterContract, running
from tests.conformance.memory_outlet import MemoryOutlet
from tests.lab_analyzers.line import framed, oru
from tests.lab_analyzers.workbooks import xls, xlsx

Write = Callable[..., bytes]
TABLE = b"SampleID;TargetName;Interpretation\nDN-1;VIH-1;Negative\n"


def adapter_of(folder: Path, outlet: MemoryOutlet, **settings: Any) -> FileDrop:
    rules = {"id": "cycler-1", "site": "bv", "kind": "file_drop", "folder": str(folder)}
    quick = {"stable_seconds": 0.2, "look_seconds": 0.01}
    return FileDrop(FileDropConfig.model_validate(rules | quick | settings), outlet)


async def until(condition: Any) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():  # noqa: ASYNC110 - the other side is the file system
            await asyncio.sleep(0.005)


class TestFileDrop(AdapterContract):
    ANSWERS = False  # a folder has no line of its own
    good_raw = oru()
    good = framed(good_raw)
    garbage = garbage_raw = b"\x00\xff no message at all"

    @pytest.fixture(autouse=True)
    def folder(self, tmp_path: Path) -> None:
        self.tmp_path = tmp_path
        self.made = 0

    def make_adapter(self, outlet: MemoryOutlet) -> Adapter[Any]:
        self.made += 1
        folder = self.tmp_path / f"drop-{self.made}"
        folder.mkdir()
        return adapter_of(folder, outlet)

    def make_unavailable_adapter(self, outlet: MemoryOutlet) -> Adapter[Any]:
        return adapter_of(self.tmp_path / "nowhere", outlet)

    async def deliver(self, adapter: Adapter[Any], chunks: Sequence[bytes]) -> bytes:
        path, outlet = adapter.config.folder / "run.hl7", adapter.outlet
        assert isinstance(outlet, MemoryOutlet)
        with path.open("wb", buffering=0) as file:
            for chunk in chunks:
                file.write(chunk)
                await asyncio.sleep(0)
        await until(lambda: not path.exists() or (outlet.refuse and not outlet.queued.empty()))
        return b""

    def is_positive(self, answer: bytes) -> bool:
        return answer != b""


async def taken(folder: Path, outlet: MemoryOutlet, names: list[str], **settings: Any) -> None:
    async with running(adapter_of(folder, outlet, **settings)):
        await until(lambda: not any((folder / name).exists() for name in names))


async def test_files_are_put_away_by_what_came_of_them(tmp_path: Path) -> None:
    outlet = MemoryOutlet()
    (tmp_path / "good.csv").write_bytes(TABLE)
    (tmp_path / "bad.csv").write_bytes(b"no;table\n")
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "large.csv").write_bytes(b"x" * 2000)
    names = ["good.csv", "bad.csv", "empty.csv", "large.csv"]
    await taken(tmp_path, outlet, names, profile="fluorocycler", file_max_bytes=1024)
    assert sorted(p.name for p in (tmp_path / "done").iterdir()) == ["good.csv"]
    assert sorted(p.name for p in (tmp_path / "rejected").iterdir()) == ["bad.csv", "empty.csv", "large.csv"]
    assert [fact.key for fact in outlet.facts] == ["DN-1|VIH-1|"]
    assert sorted(entry.reason for entry in outlet.quarantined) == [
        "file.empty", "file.too_large", "table.no_header",
    ]  # fmt: skip


async def test_the_same_bytes_in_another_file_are_the_same_message(tmp_path: Path) -> None:
    outlet = MemoryOutlet()
    for name in ("run.csv", "copy.csv"):
        (tmp_path / name).write_bytes(TABLE)
    await taken(tmp_path, outlet, ["run.csv", "copy.csv"], profile="fluorocycler")
    (tmp_path / "run.csv").write_bytes(TABLE)
    await taken(tmp_path, outlet, ["run.csv"], profile="fluorocycler")
    assert len(outlet.facts) == 1
    assert len(list((tmp_path / "done").iterdir())) == 3


async def test_nothing_out_of_the_folder_is_read(tmp_path: Path) -> None:
    drop, outside = tmp_path / "drop", tmp_path / "secret.csv"
    drop.mkdir()
    outside.write_bytes(TABLE)
    (drop / "link.csv").symlink_to(outside)
    (drop / "folder.csv").mkdir()
    os.mkfifo(drop / "pipe.csv")
    (drop / ".hidden.csv").write_bytes(TABLE)
    (drop / "run.csv.part").write_bytes(TABLE)
    (drop / "last.csv").write_bytes(TABLE)
    outlet = MemoryOutlet()
    await taken(drop, outlet, ["last.csv"], profile="fluorocycler")
    assert len(outlet.committed) == 1
    assert outside.read_bytes() == TABLE
    assert (drop / "link.csv").is_symlink()


async def test_a_file_that_cannot_be_moved_is_committed_once_and_holds_up_no_other(tmp_path: Path) -> None:
    outlet = MemoryOutlet()
    (tmp_path / "rejected").symlink_to(tmp_path)  # ours is not a link: nothing may be moved there
    (tmp_path / "a-bad.csv").write_bytes(b"no;table\n")
    adapter = adapter_of(tmp_path, outlet, profile="fluorocycler")
    async with running(adapter):
        await until(lambda: any(state == "DEGRADED" for state, _ in outlet.states))
        (tmp_path / "good.csv").write_bytes(TABLE)
        await until(lambda: not (tmp_path / "good.csv").exists())
    assert (tmp_path / "a-bad.csv").exists()
    assert [entry.reason for entry in outlet.quarantined] == ["table.no_header"]


def test_a_file_is_whole_when_it_stood_still(tmp_path: Path) -> None:
    folder = DropFolder(tmp_path, ("*.csv",), 10, 1024)
    path = tmp_path / "a.csv"
    path.write_bytes(b"1")
    assert folder.whole(0) == []
    assert folder.whole(9.9) == []
    path.write_bytes(b"12")
    assert folder.whole(10) == []
    assert folder.whole(20) == ["a.csv"]
    path.write_bytes(b"123")  # between the look and the reading
    assert folder.read("a.csv") is None


def test_a_link_put_in_its_place_is_not_followed(tmp_path: Path) -> None:
    folder = DropFolder(tmp_path, ("*.csv",), 0, 1024)
    path = tmp_path / "a.csv"
    path.write_bytes(b"1")
    assert folder.whole(0) == ["a.csv"]
    path.unlink()
    path.symlink_to("/etc/hostname")
    with pytest.raises(OSError, match="symbolic"):
        folder.read("a.csv")


PLATE = {
    "Sample Setup": [["Well", "Sample Name", "Target Name"], ["A1", "DN-0", "ORF1ab"]],
    "Results": [
        ["Experiment Barcode", "RUN-384"],
        ["Experiment Run End Time", "2026-07-12 14:30:00 PM ICT"],
        [],
        ["Well", "Well Position", "Sample Name", "Target Name", "Task", "CT"],
        *([at, f"W{at}", f"DN-{at}", "ORF1ab", "UNKNOWN", 20 + at / 100] for at in range(384)),
    ],
}
BOTH = pytest.mark.parametrize("write", [xlsx, xls])


@BOTH
async def test_a_plate_of_384_wells_in_a_workbook_is_one_commit(tmp_path: Path, write: Write) -> None:
    outlet = MemoryOutlet()
    raw = write(PLATE)
    name = f"Plate.{write.__name__.upper()}"
    (tmp_path / name).write_bytes(raw)
    await taken(tmp_path, outlet, [name], profile="quantstudio")
    assert (tmp_path / "done" / name).read_bytes() == raw
    assert [len(commit.facts) for commit in outlet.committed] == [384]
    assert outlet.committed[0].frame is not None
    assert outlet.committed[0].frame.raw == raw
    results = [fact.payload for fact in outlet.facts if isinstance(fact.payload, LabResult)]
    assert [result.specimen for result in results] == [f"DN-{at}" for at in range(384)]
    assert [result.targets[0].ct for result in results[:3]] == [20.0, 20.01, 20.02]
    (tmp_path / name).write_bytes(raw)
    await taken(tmp_path, outlet, [name], profile="quantstudio")
    assert (len(outlet.facts), len(outlet.committed)) == (384, 1)


@BOTH
async def test_a_half_written_workbook_waits_for_its_rest(tmp_path: Path, write: Write) -> None:
    outlet, raw = MemoryOutlet(), write(PLATE)
    name = f"run.{write.__name__}"
    (tmp_path / name).write_bytes(raw[: len(raw) // 2])
    (tmp_path / "other.csv").write_bytes(TABLE)
    async with running(adapter_of(tmp_path, outlet, profile="quantstudio", unfinished_seconds=3600)):
        await until(lambda: not (tmp_path / "other.csv").exists())
        assert (tmp_path / name).exists()
        await until(lambda: ("ONLINE", "a file is not whole yet") in outlet.states)
        with (tmp_path / name).open("ab") as file:
            file.write(raw[len(raw) // 2 :])
        await until(lambda: not (tmp_path / name).exists())
    assert len(outlet.facts) == 384
    assert [entry.reason for entry in outlet.quarantined] == ["table.no_header"]  # of other.csv


@BOTH
async def test_a_workbook_that_stays_broken_is_quarantined_as_it_is(tmp_path: Path, write: Write) -> None:
    outlet, raw = MemoryOutlet(), write(PLATE)
    name = f"run.{write.__name__}"
    (tmp_path / name).write_bytes(raw[:3_000])
    await taken(tmp_path, outlet, [name], profile="quantstudio", stable_seconds=0, unfinished_seconds=0.1)
    assert (tmp_path / "rejected" / name).read_bytes() == raw[:3_000]
    assert [(entry.reason, entry.place, entry.raw) for entry in outlet.quarantined] == [
        ("table.cut_short", "byte 3000", raw[:3_000])
    ]


@pytest.mark.parametrize("lock", ["~$run.xlsx", ".~lock.run.xlsx#", "run.xlsx.lock"])
def test_a_file_that_is_open_elsewhere_waits_for_its_lock(tmp_path: Path, lock: str) -> None:
    folder = DropFolder(tmp_path, ("*.xlsx",), 10, 1024, unfinished_seconds=300)
    (tmp_path / "run.xlsx").write_bytes(b"1")
    (tmp_path / lock).write_bytes(b"owner")
    assert [(folder.whole(now), folder.waits) for now in (0, 11, 299)] == [
        ([], False),
        ([], True),
        ([], True),
    ]
    assert folder.whole(300) == ["run.xlsx"]  # nobody wrote to it: it is only looked at
    (tmp_path / lock).unlink()
    (tmp_path / "run.xlsx").write_bytes(b"12")
    assert [folder.whole(now) for now in (301, 311)] == [[], ["run.xlsx"]]


def test_what_was_waited_for_is_not_waited_for_again_until_it_changes(tmp_path: Path) -> None:
    folder = DropFolder(tmp_path, ("*.xlsx",), 10, 1024, unfinished_seconds=300)
    path = tmp_path / "run.xlsx"
    path.write_bytes(b"1")
    folder.whole(0)
    assert folder.whole(10) == ["run.xlsx"]
    assert folder.postpone("run.xlsx")
    assert folder.whole(299) == []
    assert folder.whole(300) == ["run.xlsx"]
    assert not folder.postpone("run.xlsx")
    path.write_bytes(b"12")
    assert [folder.whole(now) for now in (301, 311)] == [[], ["run.xlsx"]]
    assert folder.postpone("run.xlsx")


async def test_an_analyzer_that_writes_nothing_is_unknown_until_it_does(tmp_path: Path) -> None:
    outlet = MemoryOutlet()
    adapter = adapter_of(tmp_path, outlet, profile="fluorocycler", silent_after_seconds=0.3, stable_seconds=0)
    async with running(adapter):
        await until(lambda: ("UNKNOWN", "device.silent") in outlet.states)
        outlet.states.clear()
        (tmp_path / "run.csv").write_bytes(TABLE)
        await until(lambda: ("ONLINE", "watching") in outlet.states)
        await until(lambda: ("UNKNOWN", "device.silent") in outlet.states)
    assert len(outlet.committed) == 1
