"""The three commands as a person types them: what they say and how they end."""

from pathlib import Path

import pytest

from hub.backup.place import Place
from hub.cli.progress import ProgressLine
from tests.cli.test_commands import Run, run  # noqa: F401  the fixture

CONFIG = """
[hub]
name = "dong-nai"
data_dir = "data"
[[site]]
id = "bv-1"
name = "Bệnh viện Một"
kind = "hospital"
district = "731"
"""


@pytest.fixture
def config(place: Place, tmp_path: Path) -> Path:
    path = tmp_path / "epihub.toml"
    path.write_text(CONFIG, "utf-8")
    return path


def test_backup_verify_and_restore(run: Run, config: Path, tmp_path: Path) -> None:  # noqa: F811
    ended = run("backup", tmp_path, "--config", config)
    assert ended.code == 0, ended.err
    (backup,) = tmp_path.glob("epihub-dong-nai-*.zip")
    assert str(backup) in ended.out
    assert "epihub verify" in ended.err
    ended = run("verify", backup)
    assert ended.code == 0, ended.out
    assert "everything holds" in ended.out
    assert "!!" not in ended.out
    ended = run("restore", backup, "--data", tmp_path / "new")
    assert ended.code == 0, ended.err
    assert "edges send what is missing" in ended.err
    assert (tmp_path / "new" / "epihub.toml.from-backup").read_text("utf-8") == CONFIG
    assert run("verify", "--data", tmp_path / "new").code == 0


def test_what_is_wrong_ends_with_1(run: Run, config: Path, tmp_path: Path) -> None:  # noqa: F811
    run("backup", tmp_path / "b.zip", "--config", config)
    content = bytearray((tmp_path / "b.zip").read_bytes())
    at = content.index(b"store/event.rows") + 200
    content[at] ^= 0xFF
    (tmp_path / "b.zip").write_bytes(content)
    ended = run("verify", tmp_path / "b.zip")
    assert ended.code == 1
    assert "!!  mọi dòng của kho" in ended.out
    ended = run("restore", tmp_path / "b.zip", "--data", tmp_path / "new")
    assert (ended.code, "Traceback" in ended.err) == (1, False)
    assert "damaged" in ended.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("verify",), "name a backup"),
        (("verify", "none.zip"), "none.zip"),
        (("verify", "--data", "nowhere"), "neither"),
        (("restore", "none.zip", "--data", "d"), "none.zip"),
        (("backup", ".", "--data", "nowhere"), "nothing to back up"),
        (("backup", ".", "--data", "x", "--config", "epihub.toml"), "leave --data out"),
    ],
)
def test_refusals_are_one_clear_line(
    run: Run,  # noqa: F811
    config: Path,
    arguments: tuple[str, ...],
    told: str,
) -> None:
    ended = run(*arguments)
    assert ended.code == 1
    assert told in ended.err
    assert "Traceback" not in ended.err


def test_progress_tells_percent_bytes_and_rate(capsys: pytest.CaptureFixture[str]) -> None:
    line = ProgressLine("sao lưu / backup", terminal=True)
    line.tell(25, 100, 3_000_000)
    line.end()
    told = capsys.readouterr().err
    assert "sao lưu / backup:  25.0 %" in told
    assert "3.0 MB" in told
    assert "MB/s" in told
    assert told.startswith("\r")
    assert told.endswith("\n")


def test_a_log_gets_no_line_for_a_quick_backup(capsys: pytest.CaptureFixture[str]) -> None:
    line = ProgressLine("sao lưu / backup", terminal=False)
    line.tell(25, 100, 3_000_000)
    line.end()
    assert capsys.readouterr().err == ""
