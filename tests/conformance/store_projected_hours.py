"""What every store must tell a projector: how the hours of gates and analyzers stand."""

from collections import Counter
from itertools import count
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.events import parse_time
from storage.contract import (
    Arrival,
    EventStore,
    ResultFilter,
    StoreReader,
)
from storage.gates import GateHourFilter
from storage.projections import (
    AnalyzerHour,
    AnalyzerHourKey,
    GateHourKey,
)
from tests.conformance.gate_arrivals import GATE, HOUR, SITE, decision, gate, happened, let_in, passage
from tests.conformance.projected_copy import Copy
from tests.conformance.store_arrivals import DAY, EPOCH_B, NOW, From, lab
from tests.conformance.store_use import write

NUMBERS = count(1)
FIXTURES = [HealthCheck.function_scoped_fixture]  # every example has devices of its own


@st.composite
def facts_of(draw: st.DrawFn, site: str, edge: str) -> list[Arrival]:
    """Gates that change their word, results that are mended across specimens, devices and hours."""
    made: list[Arrival] = []
    for seq in range(1, draw(st.integers(3, 12))):
        at_ms = NOW + draw(st.integers(0, 3)) * HOUR
        device = draw(st.sampled_from(("d-1", "d-2")))
        origin = From(device, site, edge, draw(st.sampled_from((EPOCH_B, "a" * 16))), seq)
        name, zone = draw(st.sampled_from("ab")), draw(st.sampled_from(("cong", "kho")))
        if draw(st.booleans()):
            fact = draw(st.sampled_from((decision(name, "deny", zone), passage(name, "out", zone=zone))))
            made.append(happened(fact, origin, at_ms))
            continue
        older = draw(st.sampled_from(["", "", *(each.event.id for each in made)]))
        call: Any = draw(st.sampled_from(("POS", "NEG")))
        status: Any = draw(st.sampled_from("FCPXD"))
        specimen = f"{site}-{name}"
        made.append(lab(specimen, origin, call=call, status=status, time_ms=at_ms, supersedes=older))
    return made


class ProjectedHoursContract:
    """Parts of StoreContract."""

    async def test_hours_of_gates_that_a_page_changed(self, store: EventStore, reader: StoreReader) -> None:
        last = (await write(store, *let_in("a", 1))).last_number
        key = GateHourKey(SITE, "edge-1", GATE, "cong", NOW // HOUR)
        first = await reader.log_page(0, limit=99, types=[])
        assert first.gate_hours == [key]
        ((_, counts),) = await reader.standing_gate_hours([key])
        assert (counts[0], counts[8], sum(counts)) == (1, 1, 2)
        words = [decision("a", "deny", "kho"), passage("a", "out", zone="kho")]
        await write(store, *(happened(fact, gate(9 + n), NOW + 2 * HOUR) for n, fact in enumerate(words)))
        page = await reader.log_page(last, limit=99, types=[])
        moved = key._replace(zone="kho", hour=key.hour + 2)
        assert page.gate_hours == [key, moved], "where it counted before, too"
        emptied, filled = await reader.standing_gate_hours([moved, key])
        assert (emptied.key, sum(emptied.counts), sum(filled.counts)) == (key, 0, 2)
        unknown = await reader.standing_gate_hours([key._replace(zone="x")])
        assert unknown == [(key._replace(zone="x"), (0,) * 11)]
        gates, _ = await reader.hours_of_day(NOW // DAY)
        assert gates == [key, moved]
        assert (await reader.hours_of_day(NOW // DAY - 1), await reader.standing_gate_hours([])) == (
            ([], []),
            [],
        )

    async def test_hours_of_analyzers_that_a_page_changed(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        wrong = lab("S-1", From(seq=1), call="POS", time_ms=NOW - 3 * HOUR)
        await write(store, wrong, lab("S-2", From(seq=2)), lab("S-3", From(seq=3), status="X"))
        last = (await write(store, lab("S-4", From(seq=4), status="P"))).last_number
        mended = lab("S-9", From(seq=5), call="POS", time_ms=NOW, supersedes=wrong.event.id)
        await write(store, mended, lab("S-5", From("abbott-01", seq=6), call="INVALID"))
        page = await reader.log_page(last, limit=99, types=[])
        here = AnalyzerHourKey("bv-thong-nhat", "genexpert-01", NOW // HOUR)
        before, other = here._replace(hour=here.hour - 3), here._replace(device="abbott-01")
        assert page.analyzer_hours == sorted([before, here, other]), "also where it was before"
        assert await reader.analyzer_hours(page.analyzer_hours) == [
            AnalyzerHour(other, "INVALID", 1),
            AnalyzerHour(before, "POS", 0),
            AnalyzerHour(here, "NEG", 2),
            AnalyzerHour(here, "POS", 1),
        ]
        _, analyzers = await reader.hours_of_day(NOW // DAY)
        assert analyzers == page.analyzer_hours

    @given(data=st.data())
    @settings(max_examples=20, deadline=None, suppress_health_check=FIXTURES)
    async def test_a_copy_ends_as_the_hours_stand(
        self, store: EventStore, reader: StoreReader, data: st.DataObject
    ) -> None:
        n = next(NUMBERS)
        site, edge = f"site-{n}", f"e-{n}"
        arrivals = data.draw(st.permutations(data.draw(facts_of(site, edge))))
        cuts = sorted(data.draw(st.lists(st.integers(0, len(arrivals)), min_size=1, max_size=3)))
        copy = Copy()
        copy.number = begins = (await reader.figures()).last_number
        for a, b in zip([0, *cuts], [*cuts, len(arrivals)], strict=True):
            await write(store, *arrivals[a:b])
            await copy.follow(reader, pages=data.draw(st.integers(0, 2)))
            if data.draw(st.integers(0, 2)) == 0:
                copy.number = max(begins, copy.number - data.draw(st.integers(0, 20)))
        await copy.follow(reader)
        hours = await reader.gate_hours(GateHourFilter(NOW - 9 * DAY, NOW + 9 * DAY, site=site))
        standing = {
            (each.device, each.zone, each.start_ms // HOUR): each.counts for each in hours if any(each.counts)
        }
        assert standing == {
            (key.device, key.zone, key.hour): counts
            for key, counts in copy.gates.items()
            if any(counts) and key.site == site
        }
        results = (await reader.results(ResultFilter(site=site), limit=999, cursor=None)).items
        counted = Counter(
            (each["device"], parse_time(each["time"]) // HOUR, each["call"])
            for each in results
            if each["status"] in "FCP" and not each["control"]
        )
        assert counted == {
            (key.device, key.hour, call): results
            for (key, call), results in copy.analyzers.items()
            if results and key.site == site
        }
