"""What a machine has is not sent again, whatever the store does; what is held waits for time or news."""

from dataclasses import replace

import pytest

from adapters.lab_analyzers.order_handover import Handover
from hub.contract import Order
from hub.errors import NotCommitted
from tests.conformance.memory_outlet import MemoryOutlet

ONE, TWO = Order("O-1", "S-1", ("A",)), Order("O-2", "S-2", ("A",))
CHANGED = replace(ONE, tests=("A", "B"))


async def test_what_could_not_be_committed_is_committed_with_the_next() -> None:
    outlet = MemoryOutlet(refuse=True)
    handover = Handover(outlet)
    with pytest.raises(NotCommitted):
        await handover.commit([ONE])
    assert not handover.may_go(ONE, 0.0)
    assert handover.may_go(CHANGED, 0.0), "the machine has another content"
    outlet.refuse = False
    assert list(await handover.commit([TWO])) == outlet.handed == [ONE, TWO]
    assert handover.may_go(ONE, 0.0), "the store knows of it: whatever it gives is to be sent"
    assert list(await handover.commit()) == []


async def test_what_the_machine_gave_back_is_not_committed_as_its_own() -> None:
    outlet = MemoryOutlet(refuse=True)
    handover = Handover(outlet)
    with pytest.raises(NotCommitted):
        await handover.commit([ONE, TWO])
    handover.gave_back(["O-1", "O-9"])
    outlet.refuse = False
    assert list(await handover.commit()) == [TWO]


async def test_what_is_held_waits_for_its_time_or_for_another_content() -> None:
    handover = Handover(MemoryOutlet())
    handover.hold([ONE], 0.0, 10.0)
    assert not handover.may_go(ONE, 9.0)
    assert handover.may_go(ONE, 10.0)
    assert handover.may_go(CHANGED, 9.0)
    assert handover.may_go(TWO, 9.0)
    handover.hold([TWO], 5.0, 15.0)
    assert [handover.may_go(order, 9.0) for order in (ONE, TWO)] == [False, False]


async def test_what_is_taken_after_all_is_held_no_more() -> None:
    handover = Handover(MemoryOutlet())
    handover.hold([ONE], 0.0, 10.0)
    await handover.commit([ONE])
    assert handover.may_go(ONE, 1.0)


async def test_what_was_held_long_ago_is_forgotten() -> None:
    handover = Handover(MemoryOutlet())
    for number in range(100):
        handover.hold([Order(f"O-{number}", "S", ("A",))], float(number), number + 1.0)
    assert len(handover._held) == 1
