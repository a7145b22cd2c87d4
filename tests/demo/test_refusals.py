"""What a person mistypes is refused in one line, without a traceback."""

import sys
from pathlib import Path

import pytest

from hub.cli import main

PASSPHRASE = "a passphrase of the tests"
USAGE, REFUSED = 2, 1


def refusal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: str | Path
) -> tuple[int, str]:
    """(exit status, standard error) of a command that must not work."""
    monkeypatch.setattr(sys, "argv", ["epihub", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert isinstance(ended.value.code, int)
    return ended.value.code, capsys.readouterr().err


@pytest.fixture
def plain_file(tmp_path: Path) -> Path:
    path = tmp_path / "a-file"
    path.write_text("x")
    return path


@pytest.mark.parametrize(
    "command",
    [
        ("demo", "--data"),
        ("init",),
        ("schema", "--folder"),
        ("key", "add", "admin", "--data"),
        ("vault", "export", "sealed.bin", "--data"),
        ("quarantine", "list", "--data"),
    ],
    ids=" ".join,
)
def test_a_place_that_cannot_be_a_folder(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    plain_file: Path,
    command: tuple[str, ...],
) -> None:
    monkeypatch.setenv("EPIHUB_VAULT_PASSPHRASE", PASSPHRASE)
    status, told = refusal(capsys, monkeypatch, *command, plain_file / "inside")
    assert status == REFUSED
    assert told.startswith("epihub: ")
    assert len(told.splitlines()) == 1
    assert plain_file.read_text() == "x"


def test_a_sealed_file_is_never_overwritten(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, plain_file: Path
) -> None:
    monkeypatch.setenv("EPIHUB_VAULT_PASSPHRASE", PASSPHRASE)
    monkeypatch.setattr(sys, "argv", ["epihub", "init", str(tmp_path / "new")])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert f"epihub vault export FILE --data {tmp_path / 'new' / 'data'}" in shown
    export = ("vault", "export", plain_file, "--data", tmp_path / "new" / "data")
    assert refusal(capsys, monkeypatch, *export) == (REFUSED, f"epihub: {plain_file}: File exists\n")
    assert plain_file.read_text() == "x"


@pytest.mark.parametrize(
    ("command", "status", "told"),
    [
        (("up", "--config", "nowhere.toml"), USAGE, "nowhere.toml: cannot be read"),
        (("key", "revoke", "nobody", "--data", "nowhere"), REFUSED, "no key with that id"),
        (("vault", "import", "nowhere.bin", "--data", "nowhere"), REFUSED, "nowhere.bin: No such file"),
        (("demo", "--port-base", "80"), USAGE, "--port-base"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_does_not_exist_is_named(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    command: tuple[str, ...],
    status: int,
    told: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    found, text = refusal(capsys, monkeypatch, *command)
    assert found == status
    assert told in text
    assert "Traceback" not in text
    assert list(tmp_path.iterdir()) == []
