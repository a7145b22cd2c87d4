"""One epihub for a data directory."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from hub.errors import OperatorError
from hub.runtime import data_dir_lock
from hub.runtime.data_dir_lock import alone_in

HOLDER = """
import sys
from pathlib import Path
from hub.runtime.data_dir_lock import alone_in
with alone_in(Path(sys.argv[1]), "edge"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_dir_lock, "PATIENCE_SECONDS", 0)


def test_second_one_is_told_who_has_it(tmp_path: Path) -> None:
    with alone_in(tmp_path / "data", "edge"):
        with pytest.raises(OperatorError, match=rf"in use by another epihub \(process {os.getpid()}\)"):
            alone_in(tmp_path / "data", "edge").__enter__()
        with alone_in(tmp_path / "data", "hub"):
            assert stat.S_IMODE((tmp_path / "data" / "edge.lock").stat().st_mode) == 0o600
    with alone_in(tmp_path / "data", "edge"):
        pass


@pytest.mark.slow
def test_killed_one_leaves_no_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(OperatorError, match=f"process {holder.pid}"):
            alone_in(tmp_path, "edge").__enter__()
        holder.kill()
        monkeypatch.setattr(data_dir_lock, "PATIENCE_SECONDS", 10)
        with alone_in(tmp_path, "edge"):
            pass


def test_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OperatorError, match="file"):
        alone_in(tmp_path / "file" / "data", "edge").__enter__()
