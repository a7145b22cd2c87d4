"""Orders in the spool: what ticks them off, what opens them again, who is told."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from hub.contract import Fact, Order
from hub.edge.encoder import Made, Origin, encode
from hub.errors import NotCommitted
from hub.payloads import Code, LabResult
from hub.spool import Spool, SpoolLimits
from hub.spool.order_rows import MOST_OPEN, order_by_number, to_send
from hub.spool.orders import DAY_MS
from tests.spool.order_parts import order, place, result, state
from tests.spool.parts import RECEIVED_MS, opened


async def test_resulted_is_written_by_the_commit_of_the_last_result(spool: Spool) -> None:
    await place(spool, order(tests=("A", "B")))
    await spool.commit([result("pcr-1", "S-1", "A"), result("pcr-1", "S-1", "B", "P")])
    assert await state(spool) == "PLACED"
    (left,) = await spool.orders.to_measure("lab", "pcr-1", "S-1")
    assert left.tests == ("B",), "what is final is not measured again"
    done = await spool.commit([result("pcr-2", "S-1", "B", "C")])
    assert (done.orders.placed, await state(spool), spool.orders.book.open) == (-1, "RESULTED", 0)


async def test_a_test_is_ordered_by_the_analyzers_code_or_by_loinc(spool: Spool) -> None:
    await place(spool, order(tests=("94500-6", "GX")), order("O-2", tests=("94533-7",)))
    payload = LabResult("S-1", Code("GX", "SARS-CoV-2", "94500-6"), "NEG", "F")
    made = encode(Origin("lab", "edge-1", "pcr-1"), Fact(payload, "S-1/GX/0", 0), Made(RECEIVED_MS))[0]
    await spool.commit([made])
    assert (await state(spool), await state(spool, "O-2")) == ("RESULTED", "PLACED")


async def test_a_withdrawn_result_opens_the_order_again_and_a_rerun_stands(spool: Spool) -> None:
    await place(spool, order())
    await spool.orders.hand_over(await spool.orders.to_measure("lab", "pcr-1", "S-1"), "pcr-1", RECEIVED_MS)
    await spool.commit([result("pcr-1", "S-1", "A", run=1)])
    await spool.commit([result("pcr-1", "S-1", "A", "X", run=1)])
    assert (await state(spool), spool.orders.book.sent) == ("SENT", 1)
    await spool.commit([result("pcr-1", "S-1", "A", run=1)])
    assert await state(spool) == "SENT", "an old message that comes again says nothing new"
    await spool.commit([result("pcr-1", "S-1", "A", run=2), result("pcr-1", "S-1", "A", run=3)])
    await spool.commit([result("pcr-1", "S-1", "A", "D", run=2)])
    assert await state(spool) == "RESULTED", "the other run stands"


async def test_a_version_that_supersedes_counts_for_what_it_says(spool: Spool) -> None:
    await place(spool, order(), order("O-2", "S-2"))
    known = result("pcr-1", "S-1", "A")
    await spool.commit([known])
    await spool.commit([result("pcr-1", "S-1", "A", "P", version=1)])
    assert await state(spool) == "RESULTED", "a preliminary result that comes late"
    await spool.commit([result("pcr-1", "S-1", "A", "P", version=2, supersedes=known.id.hex())])
    assert await state(spool) == "PLACED", "a replay that says it was preliminary"
    await spool.commit([result("pcr-1", "S-1", "A", version=3, control=True, supersedes=known.id.hex())])
    assert await state(spool) == "PLACED", "a control"


async def test_results_of_another_site_or_of_a_control_tick_nothing(spool: Spool) -> None:
    await place(spool, order())
    await spool.commit([result("pcr-9", "S-1", "A"), result("pcr-1", "S-1", "A", control=True)])
    assert await state(spool) == "PLACED"


async def test_a_list_is_placed_whole_or_not_at_all(spool: Spool) -> None:
    await place(spool, order())
    await spool.orders.hand_over([order()], "pcr-1", RECEIVED_MS)
    refused = await place(spool, order("O-2"), order(tests=("B",)))
    assert refused == {"O-1": "other_content"}
    assert await state(spool, "O-2") is None
    assert await place(spool, replace(order("O-9"), cancelled=True)) == {"O-9": "unknown"}


@pytest.mark.parametrize("changed", [order(tests=("A", "C")), order(tests=("A",)), order(specimen="S-2")])
async def test_what_was_changed_while_a_device_took_it_is_given_again(spool: Spool, changed: Order) -> None:
    await place(spool, order(tests=("A", "B")))
    given = await spool.orders.to_measure("lab", "pcr-1", "S-1")
    await place(spool, changed)
    await spool.orders.hand_over(given, "pcr-1", RECEIVED_MS)
    assert await state(spool) == "PLACED"
    assert await spool.orders.to_measure("lab", "pcr-1", None) == [changed]


async def test_what_was_cancelled_while_a_device_took_it_is_recalled(spool: Spool) -> None:
    await place(spool, order())
    given = await spool.orders.next_of("lab", "pcr-1")
    await place(spool, replace(order(), cancelled=True))
    await spool.orders.hand_over(given, "pcr-1", RECEIVED_MS)
    told = await spool.orders.next_of("lab", "pcr-1")
    assert [(each.order, each.cancelled) for each in told] == [("O-1", True)]
    await spool.orders.hand_over(told, "pcr-1", RECEIVED_MS)
    assert await spool._on_reader(lambda db: to_send(db, "lab", "pcr-1")) == []


async def test_who_waits_for_orders_hears_of_them(spool: Spool) -> None:
    waiting = asyncio.ensure_future(spool.orders.next_of("lab", "pcr-1"))
    await place(spool, order("O-2"), device="pcr-2")
    await place(spool, order())
    async with asyncio.timeout(10):
        assert [each.order for each in await waiting] == ["O-1"]


async def test_who_waits_hears_of_an_order_that_a_withdrawn_result_opened_again(spool: Spool) -> None:
    await place(spool, order())
    await spool.commit([result("pcr-1", "S-1", "A")])
    waiting = asyncio.ensure_future(spool.orders.next_of("lab", "pcr-1"))
    await spool.orders.expire(RECEIVED_MS)
    await spool.commit([result("pcr-1", "S-1", "A", "X")])
    async with asyncio.timeout(10):
        assert [each.order for each in await waiting] == ["O-1"]


async def test_orders_that_cannot_be_read_are_an_error_that_adapters_know(spool: Spool) -> None:
    assert spool._reader is not None
    spool._reader.close()
    with pytest.raises(NotCommitted):
        await spool.orders.to_measure("lab", "pcr-1", "S-1")
    with pytest.raises(NotCommitted):
        await spool.orders.next_of("lab", "pcr-1")


async def test_orders_expire_and_are_forgotten(tmp_path: Path) -> None:
    async with opened(tmp_path / "spool.db", limits=SpoolLimits(keep_orders_days=2)) as spool:
        await place(spool, order(), order("O-2"))
        await spool.orders.hand_over([order("O-2")], "pcr-1", RECEIVED_MS)
        await spool.orders.expire(RECEIVED_MS + 2 * DAY_MS)
        assert await state(spool) == "PLACED"
        await spool.orders.expire(RECEIVED_MS + 2 * DAY_MS + 1)
        assert {await state(spool), await state(spool, "O-2"), spool.orders.book.open} == {"EXPIRED", 0}
        (told,) = await spool.orders.next_of("lab", "pcr-1")
        assert (told.order, told.cancelled) == ("O-2", True), "the device must not wait for it"
        await spool.orders.expire(RECEIVED_MS + 4 * DAY_MS + 2)
        assert await state(spool) is None
        assert await place(spool, order()) == {}


async def test_no_more_than_an_edge_takes(spool: Spool) -> None:
    await place(spool, *(order(f"N-{n}", f"T-{n}") for n in range(MOST_OPEN)))
    assert await place(spool, order()) == {"O-1": "full"}
    await spool.commit([result("pcr-1", "T-7", "A")])
    assert await place(spool, order()) == {}
    assert spool.orders.book.open == MOST_OPEN
    assert await place(spool, order("N-9", "T-9")) == {}, "what is there is no more"


async def refusal(spool: Spool, number: str = "O-1") -> tuple[str, int | None]:
    row = await spool._on_reader(lambda db: order_by_number(db, number))
    assert row is not None
    return row.refused_by, row.refused_ms


async def given(spool: Spool, device: str, specimen: str | None = None) -> list[str]:
    return [each.order for each in await spool.orders.to_measure("lab", device, specimen)]


async def test_what_a_device_refused_waits_for_others_and_is_given_to_it_when_it_asks(spool: Spool) -> None:
    await place(spool, order(), order("O-2", "S-2"))
    await spool.orders.refuse([order()], "pcr-1", RECEIVED_MS + 1)
    assert await refusal(spool) == ("pcr-1", RECEIVED_MS + 1)
    assert await state(spool) == "PLACED"
    assert [each.order for each in await spool.orders.next_of("lab", "pcr-1")] == ["O-2"]
    assert await given(spool, "pcr-1") == ["O-2"]
    assert await given(spool, "pcr-1", "S-1") == ["O-1"]
    assert await given(spool, "pcr-2") == ["O-1", "O-2"]
    await spool.orders.hand_over([order()], "pcr-2", RECEIVED_MS + 2)
    assert await refusal(spool) == ("", None)
    await spool.orders.refuse([order()], "pcr-1", RECEIVED_MS + 3)
    assert await refusal(spool) == ("", None), "another device has it"


async def test_an_order_that_a_device_gives_back_waits_again(spool: Spool) -> None:
    await place(spool, order())
    await spool.orders.hand_over([order()], "pcr-1", RECEIVED_MS)
    await spool.orders.refuse([order()], "pcr-1", RECEIVED_MS + 1)
    assert (await state(spool), await refusal(spool)) == ("SENT", ("", None)), "it has it already"
    await spool.orders.refuse([order()], "pcr-2", RECEIVED_MS + 1, had=True)
    assert await state(spool) == "SENT", "another device has it"
    await spool.orders.refuse([order()], "pcr-1", RECEIVED_MS + 2, had=True)
    assert (await state(spool), await refusal(spool)) == ("PLACED", ("pcr-1", RECEIVED_MS + 2))
    assert (spool.orders.book.placed, spool.orders.book.sent) == (1, 0)
    assert await given(spool, "pcr-1") == []
    assert await given(spool, "pcr-2") == ["O-1"]
    await spool.commit([result("pcr-1", "S-1", "A", status="P")])
    assert await state(spool) == "PLACED", "nobody has it"


async def test_an_order_placed_anew_is_not_the_one_that_was_refused(spool: Spool) -> None:
    await place(spool, order())
    await spool.orders.refuse([order()], "pcr-1", RECEIVED_MS)
    await place(spool, order())
    assert await given(spool, "pcr-1") == []
    await place(spool, replace(order(), priority="STAT"))
    assert await given(spool, "pcr-1") == ["O-1"]
    await spool.orders.refuse([order()], "pcr-1", RECEIVED_MS)
    assert await refusal(spool) == ("", None), "the old one was meant"
