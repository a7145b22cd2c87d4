"""Three hours of one site as lines, by the code that writes them: what dashboards are asked about."""

from collections.abc import Iterator

from hub.payloads import CameraHealth, DeviceStatus, Payload, Quality, Reading
from storage.contract import LoggedEvent
from storage.gates import COUNTED, HOUR_MS
from storage.influx.cardinality import SeriesLimit
from storage.influx.measurements.hub import HubSample
from storage.influx.pages import PageOfLog
from storage.projections import AnalyzerHour, AnalyzerHourKey, GateHourKey, GateHourRow, LogPage
from tests.influx.pages_in_parts import EDGE, logged

MINUTE_MS = 60_000
FIRST_HOUR, HOURS = 472_222, 3  # 2023-11-14T22:00Z
START_MS, END_MS = FIRST_HOUR * HOUR_MS - 1, (FIRST_HOUR + HOURS) * HOUR_MS - 1
GATES = (("cong-1", 10), ("cong-2", 5))  # with how many each of its counts grows an hour
ANALYZERS = (("genexpert-01", "POS", 2), ("genexpert-01", "NEG", 7), ("cobas-01", "NEG", 4))
SINCE = "2023-11-14T21:00:00.000Z"


def sample_lines(site: str) -> list[str]:
    """All of it; no event is at START_MS, and none after END_MS."""
    pages = PageOfLog(SeriesLimit())
    events = [LoggedEvent(number, *event[1:]) for number, event in enumerate(_events(site), 1)]
    found = pages.read(LogPage(events, len(events), [], [], []))
    found.add_gate_hours(_gate_hours(site))
    found.add_analyzer_hours(_analyzer_hours(site))
    lines = found.lines + [line for sample in _samples(site) for line in pages.sample(sample).lines]
    assert found.unwritable == []
    return [line.text for line in lines]


def _events(site: str) -> Iterator[LoggedEvent]:
    for at_ms in range(FIRST_HOUR * HOUR_MS, END_MS, 5 * MINUTE_MS):
        for device, payload in _told((at_ms - FIRST_HOUR * HOUR_MS) // (5 * MINUTE_MS)):
            yield logged(1, device, at_ms, payload, site=site)


def _told(turn: int) -> Iterator[tuple[str, Payload]]:
    """What is told every five minutes."""
    quality: Quality = "UNCERTAIN" if turn % 9 == 0 else "GOOD"
    yield "tu-01", Reading("temp.vaccine", 4.0 + turn / 10, "Cel", quality=quality)
    yield "tu-01", Reading("humidity.vaccine", 60.0 + turn % 3, "%")
    yield "tu-02", Reading("temp.freezer", -18.0 - turn / 10, "Cel")
    yield "cam-1", CameraHealth(
        "DEGRADED", "blur", SINCE, fps=24.5, bitrate=402100.0 + turn, loss=0.01, reconnects=1,
        clock_offset_s=-0.4, picture={"blur": 1.3}, faults=("blur",), cleared=("black",),
    )  # fmt: skip
    yield "cam-2", CameraHealth("OFFLINE" if turn % 2 else "ONLINE", "watching", SINCE)
    yield "cam-2", DeviceStatus("OFFLINE" if turn % 2 else "ONLINE", "told", SINCE, clock_offset_s=2.5)


def _gate_hours(site: str) -> Iterator[GateHourRow]:
    for hour in range(FIRST_HOUR, FIRST_HOUR + HOURS):
        for gate, grows in GATES:
            counts = tuple(grows + place for place in range(len(COUNTED)))
            yield GateHourRow(GateHourKey(site, EDGE, gate, "cong-chinh", hour), counts)


def _analyzer_hours(site: str) -> Iterator[AnalyzerHour]:
    for hour in range(FIRST_HOUR, FIRST_HOUR + HOURS):
        for device, call, results in ANALYZERS:
            yield AnalyzerHour(AnalyzerHourKey(site, device, hour), call, results)


def _samples(hub: str) -> Iterator[HubSample]:
    for at_ms in range(FIRST_HOUR * HOUR_MS, END_MS, MINUTE_MS):
        yield HubSample(at_ms, hub, {
            "spool": {"state": 0, "waiting": 3, "used_bytes": 1 << 20},
            "log": {"last_number": at_ms // MINUTE_MS},
            "incidents": {"info": 0, "warning": 2, "critical": 1},
            "quarantine": {"waiting": 4},
            "store": {"state": 1, "used_bytes": 1 << 30},
            "disk": {"free_bytes": 1 << 40},
            "projection.victoria": {"backlog": 12, "lag_seconds": 0.5},
        })  # fmt: skip
