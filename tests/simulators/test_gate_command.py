"""``epihub simulate gate`` as it is typed."""

import json
import socket
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from simulators.run import main


@contextmanager
def listener() -> Iterator[tuple[int, list[bytes]]]:
    """A port where what scanners say is heard until they hang up."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hear() -> None:
            connection, _ = server.accept()
            with connection:
                while data := connection.recv(65536):
                    heard.append(data)

        threads = [threading.Thread(target=hear, daemon=True) for _ in range(2)]
        for thread in threads:
            thread.start()
        yield server.getsockname()[1], heard
        for thread in threads:
            thread.join(10)


@pytest.mark.slow
def test_a_run_writes_its_truth_and_tells_its_counts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    truth = tmp_path / "truth.jsonl"
    with listener() as (port, heard):
        options = ["--people", "20", "--rate", "0", "--seed", "1", "--truth", str(truth)]
        assert main(["gate", "--tcp", f"127.0.0.1:{port}", *options]) == 0
    records = [json.loads(line) for line in truth.read_text("utf-8").splitlines()]
    shown = [record for record in records if record["kind"] == "shown"]
    assert {record["person"] for record in shown} >= set(range(20))
    assert records[-1]["kind"] == "counts"
    assert records[-1]["lines"]["shown"] == len(shown)
    assert f"{records[-1]['shows']['shown']} shown" in capsys.readouterr().out
    assert b"".join(heard).count(b"\r") > 0


def test_what_a_hub_needs_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gate", "--trust-list", str(tmp_path / "trust.json")]) == 0
    assert json.loads((tmp_path / "trust.json").read_text("utf-8"))["version"] == 1
    assert main(["gate", "--tables", str(tmp_path / "t"), "--seed", "1"]) == 0
    assert {path.name for path in (tmp_path / "t").iterdir()} == {"watch.csv", "declared.csv", "doses.csv"}
    assert main(["gate", "--devices", "--gates", "4", "--sites", "2"]) == 0
    told = tomllib.loads(capsys.readouterr().out)
    assert [device["direction"] for device in told["device"]] == ["in", "out", "in", "out"]
    assert {device["site"] for device in told["device"]} == {site["id"] for site in told["site"]}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--tables", "t"), "--tables needs --seed"),
        (("--compare", "http://127.0.0.1:9"), "--compare needs --truth"),
        (("--compare", "http://127.0.0.1:9", "--truth", "nowhere.jsonl"), "nowhere.jsonl"),
        (("--serial", "line", "--gates", "2"), "1 have room"),
        (("--key-env", "NOT_SET_ANYWHERE", "--url", "http://127.0.0.1:9"), "NOT_SET_ANYWHERE"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_what_cannot_be_set_up_is_said(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], told: str
) -> None:
    assert main(["gate", *arguments]) == 2
    assert told in capsys.readouterr().err
