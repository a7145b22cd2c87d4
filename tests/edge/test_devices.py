"""What is shown of a device: what its adapter said, unless its clock is wrong."""

import pytest

from hub.edge.devices import CLOCK_WRONG, Device, DeviceBook
from hub.payloads import DeviceStatus


class Told:
    """A book with one device; ``changes`` as they were told."""

    def __init__(self) -> None:
        self.changes: list[DeviceStatus] = []
        self.book = DeviceBook(lambda device: self.changes.append(device.status()), lambda: 1_790_000_000_000)
        self.device = self.book.add(Device("xp", "lab", "hl7_mllp"))
        self.book.tell(self.device, "ONLINE", "")
        self.changes.clear()

    def shown(self) -> list[tuple[str, str, float | None]]:
        return [(change.state, change.reason, change.clock_offset_s) for change in self.changes]


@pytest.fixture
def told() -> Told:
    return Told()


def test_a_wrong_clock_degrades_and_a_right_one_does_not(told: Told) -> None:
    told.book.clock(told.device, 0.4)
    told.book.clock(told.device, -119)
    assert not told.changes
    told.book.clock(told.device, -25_201)
    assert told.shown() == [("DEGRADED", CLOCK_WRONG, -25_201)]
    told.book.clock(told.device, -25_210)
    assert len(told.changes) == 1
    told.book.clock(told.device, -1)
    assert told.shown()[1:] == [("ONLINE", "", -1)]


def test_a_clock_at_the_limit_does_not_flap(told: Told) -> None:
    for offset in (121, 119, 121, 100, 91):
        told.book.clock(told.device, offset)
    assert [state for state, _, _ in told.shown()] == ["DEGRADED"]
    told.book.clock(told.device, 89)
    assert [state for state, _, _ in told.shown()] == ["DEGRADED", "ONLINE"]


def test_a_clock_that_drifts_on_is_told_anew(told: Told) -> None:
    told.book.clock(told.device, 200)
    told.book.clock(told.device, 261)
    told.book.clock(told.device, 290)
    assert [offset for _, _, offset in told.shown()] == [200, 261]


def test_what_else_is_wrong_goes_before_the_clock(told: Told) -> None:
    told.book.clock(told.device, 3600)
    told.book.tell(told.device, "OFFLINE", "connection closed by the device")
    told.book.tell(told.device, "ONLINE", "")
    told.book.tell(told.device, "UNKNOWN", "device.silent")
    assert told.shown() == [
        ("DEGRADED", CLOCK_WRONG, 3600),
        ("OFFLINE", "connection closed by the device", 3600),
        ("DEGRADED", CLOCK_WRONG, 3600),
        ("UNKNOWN", "device.silent", 3600),
    ]
    told.book.spoke(told.device, 1)
    assert told.shown()[-1] == ("DEGRADED", CLOCK_WRONG, 3600)
