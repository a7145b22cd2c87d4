"""A small run of the soak's own machinery, and what its comparison must notice."""

import argparse
import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.soak.lab_truth import report, soak
from tests.soak.parts.compared import compare

RESULTS, KILLS, MACHINES = 1600, 5, 20


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_what_was_measured_is_stored_whatever_is_killed(tmp_path: Path) -> None:
    outcome = await soak(
        tmp_path / "province", RESULTS, KILLS, seed=5, analyzers=MACHINES, answer_seconds=1, asking=0
    )
    compared = outcome.compared
    assert compared.results >= RESULTS
    assert sum(compared.confusion.values()) == compared.results
    assert {true for true, _ in compared.confusion} == {"POS", "NEG", "INVALID", "ERROR", "NO_RESULT"}
    assert compared.corrected > 0
    assert {"genexpert", "genexpert-astm", "cobas6800", "m2000", "quantstudio"} <= compared.models.keys()
    assert outcome.sent["resent"] > KILLS
    assert outcome.sent["faults"]["corrupt"] > 0
    assert outcome.sent["faults"]["swallowed_ack"] > 0
    options = argparse.Namespace(results=RESULTS, kills=KILLS, seed=5, analyzers=MACHINES)
    assert f"| results measured | {compared.results:,} |" in report(options, 1000, outcome)


def result(specimen: str = "S-1", call: str = "POS", ct: float | None = 24.5, **more: Any) -> dict[str, Any]:
    """As the API tells it."""
    target = {"code": "E", "call": call, "ct": ct, "value": None, "comparator": None}
    told = {"device": "gx-01", "specimen": specimen, "test": {"code": "T"}, "call": call, "status": "F"}
    return told | {"control": False, "targets": [target]} | more


def event(item: dict[str, Any], number: int = 1) -> dict[str, Any]:
    return {"number": number, "type": "lab.result.v1", "device": item["device"], "data": item}


def truth_line(item: dict[str, Any]) -> str:
    return json.dumps({"kind": "lab", **item, "test": item["test"]["code"]}) + "\n"


ANSWER = json.dumps({"kind": "answer", "device": "gx-01", "control_id": "C", "verdict": "accepted"}) + "\n"
Served = tuple[list[dict[str, Any]], list[dict[str, Any]]]
Serve = Callable[[Served], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """An API that tells these results and events, one on a page."""
    servers: list[ThreadingHTTPServer] = []

    def start(served: Served) -> str:
        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), _pages(*served)))
        Thread(target=servers[-1].serve_forever, args=(0.01,), name="api", daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_address[1]}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def _pages(results: list[dict[str, Any]], events: list[dict[str, Any]]) -> type[BaseHTTPRequestHandler]:
    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = dict(part.split("=") for part in self.path.partition("?")[2].split("&"))
            place = int(asked.get("cursor", asked.get("after", "0")))
            served = results if "/results" in self.path else events
            more = str(place + 1) if place + 1 < len(served) else None
            page = json.dumps({"items": served[place : place + 1], "next_cursor": more}).encode()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *told: Any) -> None:
            """Nothing."""

    return Pages


def told(tmp_path: Path, serve: Serve, stored: list[dict[str, Any]], log: list[dict[str, Any]]) -> list[str]:
    truth = tmp_path / "truth.jsonl"
    truth.write_text(truth_line(result()) + ANSWER + truth_line(result("S-2", "NEG", None)) + ANSWER, "utf-8")
    return compare(truth, serve((stored, log))).wrong


RIGHT = [result(), result("S-2", "NEG", None)]


def test_what_is_right_is_right(tmp_path: Path, serve: Serve) -> None:
    log = [event(item, number) for number, item in enumerate(RIGHT, 1)]
    assert told(tmp_path, serve, RIGHT, log) == []


@pytest.mark.parametrize(
    ("second", "noticed"),
    [
        (None, "1 lost"),
        (result("S-3", "NEG", None), "1 on another specimen"),
        (result("S-2", "NEG", None, device="gx-02"), "1 on another specimen"),
        (result("S-2", "POS", None), "1 told differently"),
        (result("S-2", "NEG", 31.0), "1 told differently"),
        (result("S-2", "NEG", None, status="P"), "1 told differently"),
        (result("S-2", "NEG", None, control=True), "1 told differently"),
    ],
    ids=["lost", "specimen", "device", "call", "ct", "status", "control"],
)
def test_what_is_wrong_is_noticed(
    tmp_path: Path, serve: Serve, second: dict[str, Any] | None, noticed: str
) -> None:
    stored = [result()] + ([second] if second else [])
    log = [event(item, number) for number, item in enumerate(stored, 1)]
    assert any(text.startswith(noticed) for text in told(tmp_path, serve, stored, log))


def test_a_second_event_of_one_fact_is_noticed(tmp_path: Path, serve: Serve) -> None:
    log = [event(item, number) for number, item in enumerate([*RIGHT, RIGHT[0]], 1)]
    assert any("1 doubled" in text for text in told(tmp_path, serve, RIGHT, log))


def test_a_result_that_the_log_does_not_have_is_noticed(tmp_path: Path, serve: Serve) -> None:
    assert any(
        "1 results are not in the log" in text for text in told(tmp_path, serve, RIGHT, [event(RIGHT[0])])
    )
