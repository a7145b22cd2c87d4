"""The lines of simulated units: each keeps a message until it is taken, and says what became of it."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from simulators.cold_chain.truth_comparison import read_truth
from simulators.cold_chain.unit_lines import FolderLine, HttpLine
from simulators.cold_chain.unit_plan import UnitPlan
from simulators.cold_chain.unit_sample import Message
from tests.demo.terminal import until
from tests.simulators.nats import NatsServer

PLAN = UnitPlan("tu-0001", "tram-001", 0, "cce", "fridge", 15.0)
MESSAGE = Message(b'{"meta": 1}', (), "a.csv")
DEADLINE_SECONDS = 90.0


class Edge(ThreadingHTTPServer):
    """Answers with these statuses in turn, the last one again and again."""

    daemon_threads = True

    def __init__(self, statuses: list[int]) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.statuses = statuses
        self.heard: list[tuple[str, bytes, str | None]] = []


class _Answers(BaseHTTPRequestHandler):
    server: Edge

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append((self.path, body, self.headers["Authorization"]))
        statuses = self.server.statuses
        status = statuses.pop(0) if len(statuses) > 1 else statuses[0]
        self.send_response(status)
        if status == 503:
            self.send_header("Retry-After", "0")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *told: Any) -> None:
        """Nothing."""


@pytest.fixture
def edge(request: pytest.FixtureRequest) -> Iterator[Edge]:
    server = Edge(request.param)
    Thread(target=server.serve_forever, args=(0.01,), name="edge", daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def line(edge: Edge, notices: list[str]) -> HttpLine:
    return HttpLine(f"http://127.0.0.1:{edge.server_address[1]}", "k", notices.append)


@pytest.mark.parametrize("edge", [[429, 503, 500, 200]], indirect=True)
async def test_a_transfer_is_posted_until_it_is_taken(edge: Edge) -> None:
    sending = line(edge, [])
    async with asyncio.timeout(DEADLINE_SECONDS):
        await sending.send(PLAN, MESSAGE)
    assert edge.heard == [("/api/v1/ingest/tu-0001", MESSAGE.body, "Bearer k")] * 4
    assert (sending.counts.sent, sending.counts.taken, sending.counts.again) == (1, 1, 3)


@pytest.mark.parametrize("edge", [[422]], indirect=True)
async def test_what_nobody_wants_is_not_posted_again_and_told(edge: Edge) -> None:
    notices: list[str] = []
    sending = line(edge, notices)
    await sending.send(PLAN, MESSAGE)
    assert len(edge.heard) == sending.counts.refused == 1
    assert notices[0].startswith("tu-0001: 422")


async def test_a_file_appears_whole_and_is_there_until_it_is_taken(tmp_path: Path) -> None:
    sending = FolderLine(lambda plan: tmp_path / plan.id)
    await sending.send(PLAN, MESSAGE)
    (path,) = (tmp_path / "tu-0001").iterdir()
    assert (path.name, path.read_bytes()) == ("a.csv", MESSAGE.body)
    waiting = asyncio.create_task(sending.taken())
    await asyncio.sleep(0)
    assert not waiting.done()
    path.unlink()
    async with asyncio.timeout(DEADLINE_SECONDS):
        await waiting
    assert sending.counts.taken == 1


@pytest.mark.slow
def test_ctrl_c_leaves_a_complete_truth(tmp_path: Path) -> None:
    nats = NatsServer(tmp_path)
    nats.start()
    path = tmp_path / "truth.jsonl"
    command = [
        sys.executable, "-m", "simulators", "cold-chain", "--port", str(nats.port), "--user", nats.user,
        "--password-env", "PASSWORD", "--units", "3", "--start", "3d", "--speed", "100000", "--seed", "1",
        "--truth", str(path),
    ]  # fmt: skip
    process = subprocess.Popen(
        command, env=os.environ | {"PASSWORD": nats.password}, stdout=subprocess.DEVNULL
    )
    try:
        until(
            lambda: path.exists() and '"excursion"' in path.read_text("utf-8"),
            "an excursion",
            DEADLINE_SECONDS,
        )
        process.send_signal(signal.SIGINT)
        assert process.wait(DEADLINE_SECONDS) == 0
    finally:
        process.kill()
        nats.kill()
    truth = read_truth(path)
    last = json.loads(path.read_text("utf-8").splitlines()[-1])
    assert last["kind"] == "counts"
    assert last["sent"] == last["taken"] > 100
    assert truth.until.keys() == {"tu-0001", "tu-0002", "tu-0003"}
    assert truth.excursions
