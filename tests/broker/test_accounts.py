"""The file of our own passwords."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from hub.broker.accounts import load_or_create
from hub.errors import OperatorError
from hub.private_file import write_private


def test_passwords_are_made_once_and_kept_private(tmp_path: Path) -> None:
    path = tmp_path / "accounts.json"
    first = load_or_create(path, ["hub", "edge-1"])
    assert set(first) == {"hub", "edge-1"}
    assert len(set(first.values())) == 2
    assert min(map(len, first.values())) >= 40
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_or_create(path, ["hub", "edge-1"]) == first


def test_new_names_get_one_and_old_ones_stay(tmp_path: Path) -> None:
    path = tmp_path / "accounts.json"
    first = load_or_create(path, ["hub", "edge-1"])
    second = load_or_create(path, ["hub", "edge-2"])
    assert second["hub"] == first["hub"]
    assert second["edge-1"] == first["edge-1"]
    assert set(json.loads(path.read_text())) == {"hub", "edge-1", "edge-2"}


def test_those_who_start_at_the_same_moment_get_the_same(tmp_path: Path) -> None:
    path, together = tmp_path / "accounts.json", Barrier(8)

    def start(_number: int) -> dict[str, str]:
        together.wait()
        return load_or_create(path, ["hub", "edge-1"])

    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(start, range(8)))
    assert made == [load_or_create(path, ["hub", "edge-1"])] * 8


@pytest.mark.parametrize("content", [b"", b"[]", b'{"hub": 1}', b'{"hub": ""}', b"{", b"\xff"])
def test_a_damaged_file_is_told_and_kept(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "accounts.json"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(OperatorError, match=str(path)):
        load_or_create(path, ["hub"])
    assert path.read_bytes() == content


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "accounts.json"
    load_or_create(path, ["hub"])
    path.chmod(0o640)
    with pytest.raises(OperatorError, match="chmod 600"):
        load_or_create(path, ["hub"])


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="No such file"):
        load_or_create(tmp_path / "absent" / "accounts.json", ["hub"])


def test_a_failed_write_leaves_the_old_file_and_no_rest(tmp_path: Path) -> None:
    path = tmp_path / "accounts.json"
    write_private(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_private(path, "\ud800")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
