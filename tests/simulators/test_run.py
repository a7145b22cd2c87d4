"""The simulators as a person starts them: real processes against a listener that accepts everything."""

import json
import os
import signal
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simulators.options import parser
from simulators.run import main
from tests.demo.terminal import until
from tests.ports import free_port
from tests.simulators.nats import NatsServer

pytestmark = pytest.mark.slow

DEADLINE_SECONDS = 90.0
RUNNING = {"lab", "answer", "reading", "gate"}  # kinds of records while it runs


class AcceptAll(socketserver.StreamRequestHandler):
    """Answers AA to every block."""

    server: "Hub"

    def handle(self) -> None:
        pending = b""
        while data := self.request.recv(65536):
            pending += data
            while b"\x1c\r" in pending:
                block, pending = pending.split(b"\x1c\r", 1)
                control_id = block.split(b"\r")[0].split(b"|")[9]
                self.server.senders.add(block.split(b"|")[2].decode())
                self.request.sendall(b"\x0bMSH|^~\\&|\rMSA|AA|" + control_id + b"\r\x1c\r")
                self.server.blocks.append(block)
                if len(self.server.senders) == 4:
                    self.server.all_heard.set()


class Hub(socketserver.ThreadingTCPServer):
    """Listens for MLLP and remembers what came."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), AcceptAll)
        self.blocks: list[bytes] = []
        self.senders: set[str] = set()
        self.all_heard = threading.Event()

    @property
    def port(self) -> int:
        return int(self.server_address[1])


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as server:
        threading.Thread(target=server.serve_forever, name="hub", daemon=True).start()
        yield server
        server.shutdown()


def truth(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def arrived(records: list[dict[str, Any]]) -> set[str]:
    """The fridges of which a reading came through."""
    return {line["device"] for line in records if line["kind"] == "reading" and line["acked"]}


def has_all(path: Path) -> bool:
    """Whether what is looked at in the end stands there by now; its last line may be half written."""
    written = path.read_text(encoding="utf-8") if path.exists() else ""
    records = [json.loads(line) for line in written.split("\n")[:-1]]
    return {line["kind"] for line in records} >= RUNNING and len(arrived(records)) == 10


def lab(hub: Hub, path: Path, seed: int) -> list[dict[str, Any]]:
    options = ["--count", "10", "--rate", "0", "--seed", str(seed), "--truth", str(path)]
    assert main(["lab", "--port", str(hub.port), *options]) == 0
    return sorted(truth(path), key=lambda line: (line.get("control_id", ""), line.get("specimen", "")))


def test_the_same_seed_gives_the_same_truth(hub: Hub, tmp_path: Path) -> None:
    first, again = lab(hub, tmp_path / "1.jsonl", 9), lab(hub, tmp_path / "2.jsonl", 9)
    other = lab(hub, tmp_path / "3.jsonl", 10)
    assert first == again
    results = [line for line in first if line["kind"] == "lab"]
    assert {line["specimen"] for line in results}.isdisjoint(line.get("specimen") for line in other)
    assert [line["verdict"] for line in first if line["kind"] == "answer"] == ["accepted"] * 40
    assert {line["device"] for line in results} == {
        "genexpert-01",
        "cobas4800-01",
        "cfx96-01",
        "quantstudio-01",
    }
    assert len(hub.blocks) == 3 * 40


def test_the_province_speaks_to_hub_and_broker_and_ends_at_ctrl_c(hub: Hub, tmp_path: Path) -> None:
    nats = NatsServer(tmp_path)
    nats.start()
    path = tmp_path / "truth.jsonl"
    addresses = ["--mllp", f"127.0.0.1:{hub.port}", "--mqtt", f"127.0.0.1:{nats.port}"]
    account = ["--mqtt-user", nats.user, "--mqtt-password-env", "SENSOR_PASSWORD"]
    command = [sys.executable, "-m", "simulators", "province", *addresses, *account, "--truth", str(path)]
    process = subprocess.Popen(
        command, env=os.environ | {"SENSOR_PASSWORD": nats.password}, stdout=subprocess.PIPE, text=True
    )
    try:
        assert hub.all_heard.wait(DEADLINE_SECONDS)
        assert process.stdout is not None
        next(line for line in process.stdout if " 0 published" not in line and "published" in line)
        until(lambda: has_all(path), "records of each kind, and readings of each fridge", DEADLINE_SECONDS)
        process.send_signal(signal.SIGINT)
        assert process.wait(DEADLINE_SECONDS) == 0
    finally:
        process.kill()
        nats.kill()
    records = truth(path)
    assert {line["kind"] for line in records} == {*RUNNING, "zone", "counts"}
    assert len(arrived(records)) == 10


def test_it_ends_when_its_parent_is_gone() -> None:
    port = free_port()
    command = [sys.executable, "-m", "simulators", "lab", "--port", str(port), "--while-stdin-open"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert "will try again" in process.stdout.readline()
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(DEADLINE_SECONDS) == 0
    finally:
        process.kill()


def test_a_user_without_a_password_is_a_clear_refusal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_SUCH", raising=False)
    assert main(["province", "--mqtt-password-env", "NO_SUCH"]) == 2
    assert "NO_SUCH" in capsys.readouterr().err


def test_a_truth_file_that_cannot_be_written_is_a_clear_refusal(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["lab", "--truth", str(tmp_path / "no" / "such.jsonl")]) == 2
    assert "such.jsonl" in capsys.readouterr().err


@pytest.mark.parametrize(
    "argv",
    [
        ["lab", "--port", "0"],
        ["lab", "--rate", "-1"],
        ["lab", "--rate", "nan"],
        ["lab", "--analyzers", "many"],
        ["cold-chain", "--speed", "-1"],
        ["cold-chain", "--start", "tomorrow"],
        ["cold-chain", "--duration", "7"],
        ["province", "--mllp", "2575"],
        ["train"],
    ],
)
def test_options_that_cannot_be(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_status:
        parser().parse_args(argv)
    assert exit_status.value.code == 2
    assert "usage:" in capsys.readouterr().err
