"""A store with something in every table that can be exported."""

from typing import Any

from msgspec.structs import replace

from hub.alarms.incidents.actions import Acknowledge, Assign
from hub.payloads import Analyzer, Code, LabResult, Target
from storage.contract import Arrival, Batch, EventStore
from storage.incidents import AlarmChanges
from storage.notices import NoticeChanges
from storage.reporting import Revision
from tests.conformance.camera_arrivals import HOUR, told
from tests.conformance.gate_arrivals import decision, gate, happened, let_in, passage, scan, was_set
from tests.conformance.reported_facts import ONE_OF_EACH
from tests.conformance.store_alarms import Keeper, warm
from tests.conformance.store_arrivals import DAY, NOW, From, arrival
from tests.conformance.store_lots import enter, placement
from tests.conformance.store_notices import notice
from tests.conformance.store_reporting import reported
from tests.conformance.store_use import maintained, write
from tests.golden.content import write_content

TARGETS = (
    Target("N", "gen N", "94533-7", "POS", 120000.0, ">=", "{copies}/mL", 23.4, ("HIGH", "H")),
    Target("E", call="NEG"),
)


def whole_result() -> Arrival:
    """With every field."""
    payload = LabResult(
        specimen="TN2611-0042", test=Code("94500-6", "SARS-CoV-2 RNA", "94500-6"), call="POS", status="F",
        order="O-1", person="p-66849121:a9fb", control=False, targets=TARGETS,
        analyzer=Analyzer("GeneXpert", "754201"),
    )  # fmt: skip
    return arrival(payload, From(seq=500), time_ms=NOW + HOUR, subject="TN2611-0042|94500-6|754201")


async def fill(store: EventStore) -> None:
    """Readings packed and not, results with versions, alarms, gates, cameras, lots, notices, deletions."""
    await write_content(store)
    await write(store, whole_result(), *_gates(), *_cameras())
    keeper = Keeper(store)
    await keeper.assess(warm(), cursor=7)
    name = next(iter(keeper.book.incidents))
    await keeper.enter(lambda book: book.act(name, Assign("3fb1c2aa", to="k-77"), NOW + 2 * HOUR))
    await keeper.enter(lambda book: book.act(name, Acknowledge("3fb1c2aa", "đã gọi chị An"), NOW + 3 * HOUR))
    await enter(store, placement(), placement("=L2", unit="", doses=None, reason="used", thawed_ms=NOW))
    await _tell(store)
    await write(store, *(reported(each, f"fact-{n}") for n, each in enumerate(ONE_OF_EACH)))
    await store.revise_report(Revision("cases", '{"date":"2026-11-22"}', 0, 7, "ab" * 32, 3, NOW))
    await maintained(store, NOW + 8 * DAY)  # readings leave the log: an entry among the deletions


async def _tell(store: EventStore) -> None:
    standing: dict[str, Any] = {"state": "DELIVERED", "code": "ok", "tries": 1}
    rows = (notice("an", **standing), notice("", step=1, urgent=1))
    changes = AlarmChanges(3, notices=NoticeChanges(new=rows))
    await store.write(Batch(store.term, received_ms=NOW, alarms=changes))


def _gates() -> list[Arrival]:
    by_hand = replace(decision("x", "manual"), reason="opened", remarks=("clock.off", "late"))
    return [
        *let_in("a", 600),
        *let_in("b", 610, NOW + HOUR, device="cong-02"),
        happened(scan("c", None), gate(620), NOW),
        happened(decision("c", "deny", zone="kho"), gate(621), NOW),
        happened(by_hand, gate(622), NOW + 1),
        happened(passage(None, "out", seen=True), gate(623), NOW + 2),
        happened(was_set(5), gate(624), NOW + 3),
        happened(was_set(4, cause="hourly", actor=""), gate(625), NOW + HOUR),
    ]


def _cameras() -> list[Arrival]:
    return [
        told("ONLINE", NOW, NOW + HOUR, 700),
        told("OFFLINE", NOW + HOUR, NOW + 2 * HOUR, 701, reason="stall"),
        told("DEGRADED", NOW + 2 * HOUR, NOW + 10 * DAY, 702, reason="blur", faults=("blur", "fps")),
        told("ONLINE", NOW + DAY, NOW + 2 * DAY, 703, device="cam-2", site="kho-2"),
    ]
