"""Pages of the log as lines: what is sent again, in whatever pieces, ends as the store says it stands."""

from collections.abc import Sequence
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.payloads import CameraHealth, DeviceStatus, LabResult, Quality, Reading
from storage.contract import LoggedEvent
from storage.influx.cardinality import SeriesLimit
from storage.influx.measurements import event_types
from storage.influx.measurements.hub import HubSample
from storage.influx.pages import Line, PageOfLog, Unwritable
from storage.instants import QUALITIES, believed, content_of
from storage.projections import WITHDRAWN, LogPage, Series, Standing
from tests.influx.line_parser import parse
from tests.influx.pages_in_parts import EDGE, SITE, KeptPoints, logged

DEVICES = ("fridge-1", "fridge-2")
METRIC, UNIT = "temp.vaccine", "Cel"
SERIES = [Series(number, SITE, EDGE, device, METRIC, UNIT) for number, device in enumerate(DEVICES)]
START_MS = 1_795_306_320_000


class Told(NamedTuple):
    """A reading of the log, or (``withdraws``: index of an earlier one) one that takes its place."""

    series: int
    ts: int
    value: float | None
    quality: Quality
    withdraws: int | None = None

    @property
    def reading(self) -> Reading:
        return Reading(METRIC, self.value, UNIT, quality=self.quality)


@st.composite
def told_readings(draw: st.DrawFn) -> list[Told]:
    """Few instants, so that they are contested; BAD has no value, as probes tell it."""
    found = []
    for _ in range(draw(st.integers(1, 12))):
        quality = draw(st.sampled_from(QUALITIES))
        value = None if quality == "BAD" else draw(st.floats(-40, 60, allow_nan=False))
        ts = draw(st.integers(START_MS, START_MS + 2))
        found.append(Told(draw(st.integers(0, 1)), ts, value, quality, draw(st.none() | st.integers(0, 20))))
    return found


class Store:
    """The rules of storage/instants.py over the first readings of a list."""

    def __init__(self, told: Sequence[Told]) -> None:
        self.told = told
        out = {each.withdraws for index, each in enumerate(told) if (each.withdraws or 0) < index}
        self._stands = [each for index, each in enumerate(told) if index not in out]

    def standing(self, series: int, ts: int) -> Standing:
        claims = [each.reading for each in self._stands if (each.series, each.ts) == (series, ts)]
        if not claims:
            return Standing(series, ts, None, WITHDRAWN)
        best = max(claims, key=lambda each: believed(METRIC, content_of(each)))
        return Standing(series, ts, best.value, QUALITIES.index(best.quality))

    def contested(self, instants: Sequence[tuple[int, int]]) -> list[Standing]:
        return [self.standing(*instant) for instant in instants if self._is_contested(*instant)]

    def _is_contested(self, series: int, ts: int) -> bool:
        claims = {each.reading for each in self.told if (each.series, each.ts) == (series, ts)}
        standing = [each for each in self._stands if (each.series, each.ts) == (series, ts)]
        return len(claims) > 1 or not standing

    def touched(self, events: Sequence[Told]) -> list[tuple[int, int]]:
        """Instants that events withdrew something of."""
        withdrawn = [each.withdraws for each in events if each.withdraws is not None]
        return [
            (self.told[index].series, self.told[index].ts) for index in withdrawn if index < len(self.told)
        ]


def page_of(store: Store, first: int, last: int) -> LogPage:
    """Numbers ``first`` to ``last``, from 1."""
    told = store.told[first - 1 : last]
    events = [
        logged(first + index, DEVICES[each.series], each.ts, each.reading) for index, each in enumerate(told)
    ]
    return LogPage(events, last, store.touched(told), [], [])


@given(told_readings(), st.data())
def test_whatever_is_sent_again_ends_as_the_store_has_it(told: list[Told], data: st.DataObject) -> None:
    pages, server = PageOfLog(SeriesLimit()), KeptPoints()
    pages.know(SERIES)
    number = 0
    for _ in range(data.draw(st.integers(0, 4), "cuts and goings back")):
        known = data.draw(st.integers(number, len(told)), "how far the store is")
        until = data.draw(st.integers(number, known), "how far the page goes")
        send(pages, server, Store(told[:known]), number, until)
        number = data.draw(st.integers(0, until), "where it goes on")
    send(pages, server, Store(told), number, len(told))
    whole = Store(told)
    for each in told:
        assert_stands(server, whole.standing(each.series, each.ts))


def send(pages: PageOfLog, server: KeptPoints, store: Store, after: int, until: int) -> None:
    found = pages.read(page_of(store, after + 1, until))
    found.settle(store.contested(found.instants))
    server.write(found.lines)


def assert_stands(server: KeptPoints, standing: Standing) -> None:
    """A quality that nobody wrote is GOOD; of what is BAD or withdrawn the value may be an earlier one."""
    tags = dict(zip(("site", "edge", "device", "metric", "unit"), SERIES[standing.series][1:], strict=True))
    kept = server.of("epihub_reading", {name: str(tag) for name, tag in tags.items()}, standing.ts)
    assert kept.get("quality", 0) == standing.quality
    if standing.quality < 2:
        assert kept["value"] == standing.value


def read_one(event: LoggedEvent, pages: PageOfLog | None = None) -> list[str]:
    found = (pages or PageOfLog(SeriesLimit())).read(LogPage([event], event.number, [], [], []))
    assert found.unwritable == []
    return [line.text for line in found.lines]


def test_a_good_reading_has_its_value_only() -> None:
    (line,) = read_one(logged(7, "fridge-1", START_MS, Reading(METRIC, 4.62, UNIT)))
    series = "epihub_reading,device=fridge-1,edge=edge-1,metric=temp.vaccine,site=bv-thong-nhat,unit=Cel"
    assert line == f"{series} value=4.62 {START_MS}"


def test_a_reading_without_a_value_has_its_quality() -> None:
    (line,) = read_one(logged(7, "fridge-1", START_MS, Reading(METRIC, None, UNIT, quality="BAD")))
    assert parse(line).fields == {"quality": 2}


def test_a_bad_reading_with_a_value_hides_it() -> None:
    (line,) = read_one(logged(7, "fridge-1", START_MS, Reading(METRIC, 85.0, UNIT, quality="BAD")))
    assert parse(line).fields == {"quality": 2}


def test_of_a_camera_there_are_numbers_only() -> None:
    told = CameraHealth(
        "DEGRADED",
        "blur",
        "2026-11-22T00:10:00.000Z",
        fps=25.0,
        picture={"blur": 1.31},
        faults=("blur", "of_a_newer_edge"),
        cleared=("black",),
        codec="h264",
        switch="sw-tang-2",
        link="rtsp://camera",
    )
    camera, *faults = [parse(line) for line in read_one(logged(7, "cam-1", START_MS, told))]
    assert camera.fields == {
        "online": 1, "maintenance": 0, "fps": 25.0, "reconnects": 0, "faults": 2, "learning": 0,
    }  # fmt: skip
    assert [(each.tags["fault"], each.fields) for each in faults] == [
        ("blur", {"active": 1, "score": 1.31}),
        ("other", {"active": 1}),
        ("black", {"active": 0}),
    ]


@pytest.mark.parametrize(
    ("state", "online", "maintenance"),
    [("ONLINE", 1, 0), ("DEGRADED", 1, 0), ("OFFLINE", 0, 0), ("MAINTENANCE", None, 1), ("UNKNOWN", None, 0)],
)
def test_a_camera_is_online_or_not_or_nobody_knows(state: str, online: int | None, maintenance: int) -> None:
    told = CameraHealth(state, "watching", "2026-11-22T00:10:00.000Z")  # type: ignore[arg-type]
    fields = parse(read_one(logged(7, "cam-1", START_MS, told))[0]).fields
    assert (fields.get("online"), fields["maintenance"]) == (online, maintenance)


def test_the_state_of_a_device_is_a_number() -> None:
    told = DeviceStatus("OFFLINE", "reported_offline", "2026-11-22T00:10:00.000Z", clock_offset_s=-1.5)
    (line,) = read_one(logged(7, "cold-1", START_MS, told))
    assert parse(line).fields == {"state": 2, "clock_offset_s": -1.5}


def test_what_no_line_can_say_is_told_without_its_text_and_stops_nothing() -> None:
    events = [
        logged(1, "fridge-1", START_MS, Reading("temp\nm value=1 1", 4.0, UNIT)),
        logged(2, "fridge-1", -1, Reading(METRIC, 4.0, UNIT)),
        LoggedEvent(3, Reading.TYPE, b'{"site":"x"'),
        LoggedEvent(4, "of.a.newer.edge.v1", b"{}"),
        logged(5, "fridge-1", START_MS, Reading(METRIC, 4.0, UNIT)),
    ]
    found = PageOfLog(SeriesLimit()).read(LogPage(events, 9, [], [], []))
    assert [line.number for line in found.lines] == [5]
    assert found.unwritable == [
        Unwritable(1, "tag.unprintable"),
        Unwritable(2, "time.out_of_range"),
        Unwritable(3, "event.undecodable"),
    ]
    assert found.last == 9


def test_a_series_that_the_book_was_not_told_of_is_said() -> None:
    pages = PageOfLog(SeriesLimit())
    page = LogPage([logged(1, "fridge-1", START_MS, Reading(METRIC, 4.0, UNIT))], 1, [(5, 6)], [], [])
    found = pages.read(page)
    assert (found.unknown_series, found.instants) == (True, [(5, 6)])
    pages.know(SERIES)
    found = pages.read(page)
    assert (found.unknown_series, found.instants) == (True, [(0, START_MS), (5, 6)])
    pages.know([Series(5, SITE, EDGE, "fridge-5", METRIC, UNIT)])
    assert not pages.read(page).unknown_series


def test_a_series_of_an_instant_that_another_event_touched_may_be_unknown_too() -> None:
    pages = PageOfLog(SeriesLimit())
    page = LogPage([], 1, [(1, START_MS)], [], [])
    assert pages.read(page).unknown_series
    pages.know(SERIES)
    assert not pages.read(page).unknown_series


def test_a_fault_beyond_the_limit_stops_no_other_of_its_camera() -> None:
    pages = PageOfLog(SeriesLimit(2))
    since = "2026-11-22T00:10:00.000Z"
    first = CameraHealth("DEGRADED", "blur", since, faults=("blur",))
    assert len(read_one(logged(1, "cam-1", START_MS, first), pages)) == 2
    told = CameraHealth("DEGRADED", "black", since, faults=("black", "blur"))
    found = pages.read(LogPage([logged(2, "cam-1", START_MS, told)], 2, [], [], []))
    assert [parse(line.text).tags.get("fault") for line in found.lines] == [None, "blur"]
    assert (found.over_limit, found.unwritable) == (1, [])


def test_an_instant_that_another_event_touched_has_no_number() -> None:
    pages = PageOfLog(SeriesLimit())
    pages.know(SERIES)
    found = pages.read(LogPage([], 1, [(1, START_MS)], [], []))
    found.settle([Standing(1, START_MS, None, WITHDRAWN)])
    (line,) = found.lines
    assert (line.number, parse(line.text).fields) == (0, {"quality": 3})


def test_series_beyond_the_limit_are_counted_and_not_sent() -> None:
    pages = PageOfLog(SeriesLimit(1))
    pages.know(SERIES)
    events = [logged(n, DEVICES[n % 2], START_MS + n, Reading(METRIC, 4.0, UNIT)) for n in range(4)]
    found = pages.read(LogPage(events, 4, [], [], []))
    assert [line.number for line in found.lines] == [0, 2]
    assert (found.over_limit, pages.book.limit.over, found.unwritable) == (2, 1, [])


def test_a_process_that_starts_anew_lets_the_same_series_in() -> None:
    pages = PageOfLog(SeriesLimit(1))
    pages.know(SERIES)
    last = LogPage([logged(1, DEVICES[1], START_MS, Reading(METRIC, 4.0, UNIT))], 1, [], [], [])
    assert pages.read(last).lines == []


def test_a_sample_is_a_line_for_each_part() -> None:
    sample = HubSample(START_MS, "dong-nai", {
        "spool": {"waiting": 3.0, "state": 0}, "store": {"state": 2}, "disk": {"free_bytes": None},
        "projection.victoria": {"backlog": 12, "lag_seconds": 2},
    })  # fmt: skip
    found = PageOfLog(SeriesLimit()).sample(sample)
    assert [(parse(line.text).tags["part"], parse(line.text).fields) for line in found.lines] == [
        ("spool", {"state": 0, "waiting": 3}),
        ("store", {"state": 2}),
        ("projection.victoria", {"backlog": 12, "lag_seconds": 2.0}),
    ]


def test_a_sample_has_no_figure_that_nobody_documented() -> None:
    found = PageOfLog(SeriesLimit()).sample(HubSample(START_MS, "dong-nai", {"spool": {"names": 1}}))
    assert (found.lines, found.unwritable) == ([], [Unwritable(0, "field.unknown")])


def test_results_and_gates_are_asked_for_by_the_hour_not_read_from_events() -> None:
    assert LabResult.TYPE not in event_types()
    assert event_types() == {Reading.TYPE, CameraHealth.TYPE, DeviceStatus.TYPE}


def test_a_line_is_a_text_with_its_number() -> None:
    assert Line("m value=1.0 1", 7) == ("m value=1.0 1", 7)
