"""The audit of raw looks: on disk before the answer, ours alone, and whole after a power cut."""

import os
from pathlib import Path

import pytest

from hub.edge.audit import AuditTrail, Look, reason_of
from hub.errors import OperatorError


def look(n: int = 0) -> Look:
    return Look(f"2026-11-22T06:45:0{n}.000Z", "k1", "api", "ab" * 16, "pcr-1", "đối chiếu mẫu", "s1")


async def test_rows_come_back_the_newest_first(tmp_path: Path) -> None:
    trail = AuditTrail(tmp_path / "audit" / "looks.jsonl")
    assert await trail.newest() == []
    for n in range(3):
        await trail.write(look(n))
    assert await trail.newest(2) == [look(2), look(1)]
    assert (tmp_path / "audit" / "looks.jsonl").stat().st_mode & 0o777 == 0o600
    assert await AuditTrail(tmp_path / "audit" / "looks.jsonl").newest() == [look(2), look(1), look(0)]


async def test_row_is_synced_before_write_returns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    real = os.fsync

    def sync(file: int) -> None:
        real(file)
        synced.append(os.fstat(file).st_size)

    monkeypatch.setattr(os, "fsync", sync)
    path = tmp_path / "looks.jsonl"
    await AuditTrail(path).write(look())
    assert path.stat().st_size in synced


async def test_torn_row_costs_no_other(tmp_path: Path) -> None:
    path = tmp_path / "looks.jsonl"
    trail = AuditTrail(path)
    await trail.write(look(1))
    with path.open("ab") as file:
        file.write(b'{"at":"2026')
    await trail.write(look(2))
    assert await trail.newest() == [look(2), look(1)]


async def test_what_cannot_be_kept_is_refused(tmp_path: Path) -> None:
    (tmp_path / "audit").write_text("a file where the folder should be")
    with pytest.raises(OperatorError, match="nothing is shown"):
        await AuditTrail(tmp_path / "audit" / "looks.jsonl").write(look())


def test_reason_is_one_line_that_says_something() -> None:
    assert reason_of("  đối chiếu\n mẫu\t7 ") == "đối chiếu mẫu 7"
    for text in ("", "    ", "abc", "x" * 501):
        with pytest.raises(OperatorError, match="5 to 500"):
            reason_of(text)
