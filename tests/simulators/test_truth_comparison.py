"""What a comparison with a hub must notice, and how the truth of a unit reads."""

import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from simulators.cold_chain.truth_comparison import CannotCompare, Comparison, compare, read_truth
from simulators.cold_chain.unit_faults import Fault, UnitFaults
from simulators.cold_chain.unit_plan import UnitPlan
from simulators.cold_chain.unit_sample import Claim
from simulators.cold_chain.unit_truth import UnitTruth
from simulators.run import main

START_MS = 1_795_000_000_000 // 86_400_000 * 86_400_000
MINUTE, HOUR = 60_000, 3_600_000
PLAN = UnitPlan("tu-0001", "tram-001", 0, "zigbee2mqtt", "fridge", 10.0)
METRIC = "temp.vaccine"


def warm_day() -> list[Claim]:
    """Ten hours: from two to four o'clock above the limit."""
    return [
        Claim(METRIC, START_MS + number * 10 * MINUTE, 9000 if 12 <= number < 24 else 5000)
        for number in range(60)
    ]


def at(hours: float) -> str:
    """As both sides write it."""
    minutes = round(hours * 60)
    return f"2026-11-18T{minutes // 60:02d}:{minutes % 60:02d}:00.000Z"


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    unit = UnitTruth(PLAN, UnitFaults.of([Fault("door", 60, 90, 1.0)]), START_MS)
    unit.claim(warm_day())
    told = [unit.head(), *unit.begun(START_MS + HOUR), *unit.judged(START_MS + 3 * HOUR)]
    told += [*unit.judged(START_MS + 10 * HOUR), {"kind": "counts", "readings": unit.readings}]
    path = tmp_path / "truth.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in told), "utf-8")
    return path


def test_the_truth_of_a_unit_is_told_as_it_becomes_known(truth: Path) -> None:
    told = [json.loads(line) for line in truth.read_text("utf-8").splitlines()]
    assert [line["kind"] for line in told] == [
        "unit", "fault", "excursion", "until", "excursion", "until", "counts",
    ]  # fmt: skip
    early = {"kind": "excursion", "device": "tu-0001", "metric": METRIC, "rule": "HEAT_EARLY", "start": at(2)}
    assert told[2] == early | {"raised": at(3), "cleared": None}
    assert told[4] == early | {"raised": at(3), "cleared": at(4.25)}
    read = read_truth(truth)
    assert sum(map(len, read.excursions.values())) == 1
    assert read.faults == {"door": 1}


def test_what_other_readings_take_back_is_gone_from_the_truth() -> None:
    unit = UnitTruth(PLAN, UnitFaults.of([]), START_MS)
    unit.claim(claim for claim in warm_day() if claim.time_ms != START_MS + 150 * MINUTE)
    assert [line["kind"] for line in unit.judged(START_MS + 10 * HOUR)] == ["excursion", "until"]
    unit.claim([Claim(METRIC, START_MS + 150 * MINUTE, 5000)])
    gone, later, _ = unit.judged(START_MS + 10 * HOUR)
    assert (gone["start"], gone["gone"]) == (at(2), True)
    assert later["start"] == at(2 + 40 / 60)


def incident(**fields: Any) -> dict[str, Any]:
    """As the API tells the true one."""
    return {
        "device": "tu-0001", "metric": METRIC, "kind": "HEAT_EARLY", "time": at(2), "raised": at(3),
        "cleared": at(4.25), "withdrawn": False, "merged_into": None,
    } | fields  # fmt: skip


Serve = Callable[[list[dict[str, Any]]], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """An API that tells these incidents, one on a page."""
    servers: list[ThreadingHTTPServer] = []

    def start(told: list[dict[str, Any]]) -> str:
        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), _pages(told)))
        Thread(target=servers[-1].serve_forever, args=(0.01,), name="api", daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_address[1]}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def _pages(told: list[dict[str, Any]]) -> type[BaseHTTPRequestHandler]:
    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = dict(part.split("=") for part in self.path.partition("?")[2].split("&"))
            place = int(asked.get("cursor", "0"))
            more = str(place + 1) if place + 1 < len(told) else None
            page = json.dumps({"items": told[place : place + 1], "next_cursor": more}).encode()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *told: Any) -> None:
            """Nothing."""

    return Pages


def counts(result: Comparison) -> tuple[int, int, int, int, int]:
    return (
        result.same.total(),
        len(result.missed),
        len(result.false),
        len(result.different),
        result.outside,
    )


FAR = incident(time=at(1), raised=at(2), cleared=at(1.5))


@pytest.mark.parametrize(
    ("told", "noticed"),
    [
        ([incident()], (1, 0, 0, 0, 0)),
        ([], (0, 1, 0, 0, 0)),
        ([incident(withdrawn=True)], (0, 1, 0, 0, 0)),
        ([incident(merged_into="x")], (0, 1, 0, 0, 0)),
        ([incident(), FAR], (1, 0, 1, 0, 0)),
        ([incident(), incident(kind="LOW")], (1, 0, 1, 0, 0)),
        ([incident(), incident(kind="TREND")], (1, 0, 0, 0, 1)),
        ([incident(), incident(device="tu-9")], (1, 0, 0, 0, 1)),
        ([incident(), incident(time=at(9.5), raised=at(10.5), cleared=None)], (1, 0, 0, 0, 1)),
        ([incident(time=at(2.5))], (0, 0, 0, 1, 0)),
        ([incident(raised=at(3.5))], (0, 0, 0, 1, 0)),
        ([incident(cleared=at(4.5))], (0, 0, 0, 1, 0)),
        ([incident(cleared=None)], (0, 0, 0, 1, 0)),
        ([incident(), incident(cleared=at(4))], (1, 0, 1, 0, 0)),
    ],
    ids=[
        "same", "missed", "withdrawn", "merged", "false", "other rule", "unknown rule", "unknown device",
        "after the end", "start", "raised", "cleared", "open", "twice",
    ],
)  # fmt: skip
def test_what_differs_is_noticed(
    truth: Path, serve: Serve, told: list[dict[str, Any]], noticed: tuple[int, int, int, int, int]
) -> None:
    assert counts(compare(read_truth(truth), serve(told))) == noticed


def test_of_a_file_with_two_runs_the_later_one_counts(truth: Path, serve: Serve) -> None:
    again = UnitTruth(PLAN, UnitFaults.of([]), START_MS + 5 * HOUR)
    again.claim([Claim(METRIC, START_MS + 5 * HOUR, 5000)])
    with truth.open("a", encoding="utf-8") as file:
        for line in (again.head(), *again.judged(START_MS + 5 * HOUR + MINUTE)):
            file.write(json.dumps(line) + "\n")
    assert counts(compare(read_truth(truth), serve([incident()]))) == (0, 0, 0, 0, 1)


def test_a_unit_whose_truth_was_never_told_is_not_compared(truth: Path, serve: Serve) -> None:
    with truth.open("a", encoding="utf-8") as file:
        file.write(
            json.dumps(UnitTruth(PLAN, UnitFaults.of([]), START_MS).head() | {"device": "tu-0002"}) + "\n"
        )
    assert counts(compare(read_truth(truth), serve([incident(), incident(device="tu-0002")]))) == (
        1,
        0,
        0,
        0,
        1,
    )


def test_the_command_says_it_by_its_status(
    truth: Path, serve: Serve, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["cold-chain", "--truth", str(truth), "--wait-seconds", "0", "--compare"]
    assert main([*command, serve([incident()])]) == 0
    assert "missed: 0, false: 0, different: 0" in capsys.readouterr().out
    assert main([*command, serve([])]) == 1
    assert f"missed: tu-0001 HEAT_EARLY ({METRIC}) {at(2)}" in capsys.readouterr().out
    assert main([*command, "http://127.0.0.1:1"]) == 2
    assert "127.0.0.1:1" in capsys.readouterr().err
    assert main(["cold-chain", "--compare", "http://127.0.0.1:1"]) == 2
    assert "--truth" in capsys.readouterr().err


def test_a_file_that_is_no_truth_is_told(tmp_path: Path) -> None:
    path = tmp_path / "truth.jsonl"
    for text in ("", "{}\n", "no json\n"):
        path.write_text(text)
        with pytest.raises(CannotCompare, match=r"truth\.jsonl"):
            read_truth(path)
