"""The file is there whole, or not at all."""

import os
from pathlib import Path

import pytest

from hub.errors import OperatorError
from storage.exporting import new_file
from storage.exporting.new_file import NewFile


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_it_has_its_name_when_it_is_whole(tmp_path: Path) -> None:
    with NewFile(tmp_path / "a.csv") as target:
        target.file.write(b"1,2")
        assert left(tmp_path) == [".a.csv.part"]
        assert target.finish() == 3
    assert left(tmp_path) == ["a.csv"]
    assert (tmp_path / "a.csv").stat().st_mode & 0o777 == 0o600


def write(path: Path, *, finish: bool = False) -> None:
    """Interrupted unless told to finish."""
    with NewFile(path) as target:
        target.file.write(b"1,2")
        if not finish:
            raise KeyboardInterrupt
        path.write_text("theirs")
        target.finish()


def test_what_was_not_finished_goes(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "a.csv")
    assert left(tmp_path) == []


def test_nothing_is_overwritten_unless_asked(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("old")
    with pytest.raises(OperatorError, match="--force"), NewFile(path):
        pass
    with NewFile(path, replace=True) as target:
        target.file.write(b"new")
        assert path.read_text() == "old"
        target.finish()
    assert (path.read_text(), left(tmp_path)) == ("new", ["a.csv"])


def test_a_file_that_came_meanwhile_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with pytest.raises(OperatorError, match="exists"):
        write(path, finish=True)
    assert (path.read_text(), left(tmp_path)) == ("theirs", ["a.csv"])


def test_what_a_killed_one_left_goes(tmp_path: Path) -> None:
    (tmp_path / ".a.csv.part").write_text("half")
    with NewFile(tmp_path / "a.csv") as target:
        target.finish()
    assert left(tmp_path) == ["a.csv"]


def test_only_ordinary_files_in_folders_that_are_there(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "pipe", "."):
        with pytest.raises(OperatorError, match="no ordinary file"), NewFile(tmp_path / name, replace=True):
            pass
    with pytest.raises(OperatorError, match="no such folder"), NewFile(tmp_path / "none" / "a.csv"):
        pass


def test_a_disk_that_fills_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(new_file, "LEAST_FREE_BYTES", 2**63)
    with pytest.raises(OperatorError, match="256 MiB"), NewFile(tmp_path / "a.csv") as target:
        target.require_room()
    with pytest.raises(OperatorError, match=r"a\.csv: No space left"), target.faults_told():
        raise OSError(28, "No space left on device")
