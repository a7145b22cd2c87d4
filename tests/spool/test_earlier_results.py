"""Results that came before their order: it has those that are meant for it when it is placed."""

from dataclasses import replace
from typing import Any

import pytest

from hub.contract import Fact, Order
from hub.edge.encoder import Made, Origin, encode
from hub.payloads import Code, LabResult
from hub.spool import EventRecord, Placing, Spool
from hub.spool import earlier_results as earlier
from hub.spool.order_shelf import OrderShelf
from hub.spool.orders import specimens_of
from tests.spool.order_parts import order, result, state
from tests.spool.parts import RECEIVED_MS

AT_MS = RECEIVED_MS + 60_000


async def place(
    spool: Spool, *orders: Order, at_ms: int = AT_MS, shelf: OrderShelf | None = None
) -> dict[str, Any]:
    """As the desk does it."""
    placings = [Placing(each, "lab", "", "lis") for each in orders]
    found = await (shelf or OrderShelf(spool.path)).earlier(specimens_of(placings))
    done = await spool.orders.place(placings, at_ms, found)
    return dict(done.refused)


async def events_of(spool: Spool, number: str = "O-1") -> list[tuple[str, bytes]]:
    entry = await OrderShelf(spool.path).order_entry(number)
    return [(each.test, each.event) for each in entry.results] if entry else []


def called(call: str) -> EventRecord:
    payload = LabResult("S-1", Code("A"), call, "F")  # type: ignore[arg-type]
    return encode(Origin("lab", "edge-1", "pcr-1"), Fact(payload, "S-1/A/0", 0), Made(RECEIVED_MS))[0]


async def test_an_order_has_the_results_that_were_there_before_it(spool: Spool) -> None:
    first, second = result("pcr-1", "S-1", "A"), result("pcr-2", "S-1", "B", "C")
    await spool.commit([first, result("pcr-1", "S-2", "A"), result("pcr-9", "S-1", "B"), second])
    await place(spool, order(tests=("A", "B")), order("O-2", "S-1", ("B", "C")))
    assert await events_of(spool) == [("A", first.id), ("B", second.id)]
    assert (await state(spool), spool.orders.book.placed) == ("RESULTED", 1)
    (left,) = await spool.orders.to_measure("lab", "pcr-1", "S-1")
    assert left.tests == ("B", "C"), "what the first of them has is not the second's, too"


async def test_what_is_withdrawn_again_or_never_final_is_none(spool: Spool) -> None:
    known = result("pcr-1", "S-3", "A")
    await spool.commit([result("pcr-1", "S-1", "A"), result("pcr-1", "S-2", "A", "P"), known])
    await spool.commit([result("pcr-1", "S-1", "A", "X")])
    await spool.commit([result("pcr-1", "S-3", "A", "P", version=2, supersedes=known.id.hex())])
    await spool.commit([result("pcr-1", "S-4", "A", control=True)])
    names = [f"O-{n}" for n in range(1, 5)]
    await place(spool, *(order(name, f"S-{n}") for n, name in enumerate(names, 1)))
    assert {await state(spool, name) for name in names} == {"PLACED"}


@pytest.mark.parametrize("call", ["INVALID", "ERROR", "NO_RESULT"])
async def test_what_said_nothing_of_the_specimen_is_measured_again(spool: Spool, call: str) -> None:
    await spool.commit([called(call)])
    await place(spool, order())
    assert await state(spool) == "PLACED"


async def test_a_result_of_another_order_is_not_a_repeats(spool: Spool) -> None:
    await place(spool, order())
    await spool.commit([result("pcr-1", "S-1", "A")])
    await place(spool, order("O-2"))
    assert (await state(spool), await state(spool, "O-2")) == ("RESULTED", "PLACED")
    await spool.commit([result("pcr-1", "S-1", "A", run=1)])
    assert await state(spool, "O-2") == "RESULTED"


async def test_what_came_before_the_specimen_was_collected_is_of_another_tube(spool: Spool) -> None:
    await spool.commit([result("pcr-1", "S-1", "A")])
    await place(spool, replace(order(), collected_ms=RECEIVED_MS + 1))
    await place(spool, replace(order("O-2"), collected_ms=RECEIVED_MS))
    assert (await state(spool), await state(spool, "O-2")) == ("PLACED", "RESULTED")


async def test_one_that_is_placed_anew_with_other_content_is_looked_up_again(spool: Spool) -> None:
    await spool.commit([result("pcr-1", "S-1", "B")])
    await place(spool, order())
    assert await state(spool) == "PLACED"
    await place(spool, order(tests=("B",)), at_ms=AT_MS + 1)
    assert await state(spool) == "RESULTED"


async def test_what_is_committed_while_one_looks_is_seen_by_the_writer(spool: Spool) -> None:
    placings = [Placing(order(), "lab", "", "lis")]
    found = await OrderShelf(spool.path).earlier(specimens_of(placings))
    await spool.commit([result("pcr-1", "S-1", "A")])
    await spool.orders.place(placings, AT_MS, found)
    assert await state(spool) == "RESULTED"


async def test_what_is_new_is_followed_page_by_page_and_what_is_gone_forgotten(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(earlier, "PAGE_ROWS", 2)
    shelf = OrderShelf(spool.path)
    for n in range(5):
        await spool.commit([result("pcr-1", f"S-{n}", "A")])
        await place(spool, order(f"O-{n}", f"S-{n}"), shelf=shelf)
        assert await state(spool, f"O-{n}") == "RESULTED"
    await spool._committer.submit(_Gone())
    await place(spool, order("O-9", "S-4"), shelf=shelf)
    assert await state(spool, "O-9") == "PLACED"
    assert len(shelf._earlier._numbers) == len(shelf._earlier._names) == 0


class _Gone:
    """All events were pruned."""

    def apply(self, db: Any) -> None:
        db.execute("DELETE FROM event")
