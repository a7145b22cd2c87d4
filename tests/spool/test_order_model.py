"""Orders against a model in memory: placed, asked for, resulted, withdrawn, cancelled, too old, killed."""

from dataclasses import dataclass, field, replace
from shutil import copy
from typing import Any, TypeVar

import apsw
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from hub.contract import Order
from hub.spool import EventRecord, Spool, SpoolLimits
from hub.spool.order_rows import order_entries, to_measure, to_send
from hub.spool.orders import DAY_MS
from tests.spool.machine import SpoolInAFolder, some
from tests.spool.order_parts import SITES, order, place, result
from tests.spool.parts import RECEIVED_MS

T = TypeVar("T")
DEVICES = st.sampled_from(sorted(SITES))
NUMBERS, SPECIMENS, TESTS = ("O-1", "O-2"), ("S-1", "S-2"), ("A", "B")
KEEP_DAYS = 14


@dataclass
class Expected:
    """The model of one order; ``ticks``: (test, device, subject) of final results."""

    order: Order
    device: str
    placed_ms: int
    at_ms: int
    sent: bool = False
    ended: str = ""
    ticks: set[tuple[str, str, str]] = field(default_factory=set)
    recall: str = ""
    sent_to: str = ""
    refused_by: str = ""

    @property
    def left(self) -> tuple[str, ...]:
        done = {test for test, _, _ in self.ticks}
        return tuple(test for test in self.order.tests if test not in done)

    @property
    def state(self) -> str:
        return self.ended or ("RESULTED" if not self.left else "SENT" if self.sent else "PLACED")

    @property
    def is_open(self) -> bool:
        return self.state in ("PLACED", "SENT")

    def told(self) -> Order:
        tests = self.left if self.is_open else self.order.tests
        return replace(self.order, tests=tests, cancelled=not self.is_open)


class OrderMachine(SpoolInAFolder):
    """``given``: what devices were answered and have not acknowledged yet."""

    LIMITS = SpoolLimits(keep_orders_days=KEEP_DAYS)

    def __init__(self) -> None:
        super().__init__()
        self.starts = 0
        self.orders: dict[str, Expected] = {}
        self.given: list[tuple[str, list[Order]]] = []
        self.events: set[bytes] = set()
        self.now_ms = RECEIVED_MS
        self.fresh = 1  # no version of this number was told yet

    @rule(
        number=st.sampled_from(NUMBERS),
        specimen=st.sampled_from(SPECIMENS),
        tests=st.lists(st.sampled_from(TESTS), min_size=1, unique=True).map(tuple),
        device=st.sampled_from(("", "pcr-1")),
    )
    def place(self, number: str, specimen: str, tests: tuple[str, ...], device: str) -> None:
        wanted = order(number, specimen, tests)
        refused = self._run(place(self.spool, wanted, device=device, at_ms=self.now_ms))
        known = self.orders.get(number)
        same = known is not None and (
            (known.order.specimen, set(known.order.tests), known.device) == (specimen, set(tests), device)
        )
        if known and not same and known.state != "PLACED":
            assert refused == {number: "other_content"}
            return
        assert refused == {}
        if not same:
            self.orders[number] = Expected(wanted, device, self.now_ms, self.now_ms)
            self._keep_place(number, known)

    def _keep_place(self, number: str, known: Expected | None) -> None:
        if known is None:  # a new one goes to the end, one that was replaced keeps its place
            self.orders[number] = self.orders.pop(number)

    @rule(number=st.sampled_from(NUMBERS))
    def cancel(self, number: str) -> None:
        refused = self._run(place(self.spool, Order(number, "", (), cancelled=True), at_ms=self.now_ms))
        known = self.orders.get(number)
        if known is None or known.state == "RESULTED":
            assert refused == {number: "resulted" if known else "unknown"}
        elif known.is_open:
            known.recall = known.sent_to if known.state == "SENT" else ""
            known.ended, known.at_ms = "CANCELLED", self.now_ms

    @rule(device=DEVICES, specimen=st.sampled_from((*SPECIMENS, None)))
    def ask(self, device: str, specimen: str | None) -> None:
        """What ``to_measure`` says is looked at after every step; here it is what a device was told."""
        found = self._run(self.spool.orders.to_measure(SITES[device], device, specimen))
        self.given.append((device, found))

    @rule(device=DEVICES)
    def fetch(self, device: str) -> None:
        found = self._run(self.spool._on_reader(lambda db: to_send(db, SITES[device], device)))
        self.given.append((device, found))

    @precondition(lambda self: self.given)
    @rule(which=st.integers(0, 9), again=st.booleans())
    def hand_over(self, which: int, again: bool) -> None:
        device, given = self.given[which % len(self.given)]
        if not again:
            self.given.remove((device, given))
        self._run(self.spool.orders.hand_over(given, device, self.now_ms))
        for each in given:
            if known := self.orders.get(each.order):
                self._taken(known, each, device)

    def _taken(self, known: Expected, given: Order, device: str) -> None:
        if given.cancelled:
            known.recall = "" if known.recall == device else known.recall
        elif known.ended:
            known.recall = known.sent_to = device
        elif known.is_open and self._is_still(known, given):
            known.sent, known.sent_to, known.refused_by = True, device, ""
            known.at_ms = self.now_ms

    @staticmethod
    def _is_still(known: Expected, given: Order) -> bool:
        """A device has it as it is."""
        same = given.specimen == known.order.specimen and not given.cancelled
        return same and set(known.left) <= set(given.tests) <= set(known.order.tests)

    @precondition(lambda self: self.given)
    @rule(which=st.integers(0, 9), had=st.booleans())
    def refuse(self, which: int, had: bool) -> None:
        device, given = self.given[which % len(self.given)]
        self._run(self.spool.orders.refuse(given, device, self.now_ms, had=had))
        for each in given:
            known = self.orders.get(each.order)
            if not known or not self._is_still(known, each):
                continue
            if known.state == "PLACED":
                known.refused_by = device
            elif had and known.state == "SENT" and known.sent_to == device:
                known.sent, known.sent_to, known.refused_by = False, "", device
                known.at_ms = self.now_ms

    @rule(
        device=DEVICES,
        specimen=st.sampled_from(SPECIMENS),
        test=st.sampled_from(TESTS),
        status=st.sampled_from(("F", "F", "F", "C", "P", "X", "D")),
        run=st.integers(0, 1),
        version=st.integers(0, 1),
        kind=st.sampled_from(("", "", "", "control", "supersedes")),
    )
    def tell(
        self, device: str, specimen: str, test: str, status: str, run: int, version: int, kind: str
    ) -> None:
        """The few values there are come again and again: resends and reruns."""
        self._tell(device, specimen, test, status, run, version, kind)

    @precondition(lambda self: any(known.is_open for known in self.orders.values()))
    @rule(which=st.integers(0, 3), device=st.sampled_from(("pcr-1", "pcr-2")), run=st.integers(0, 1))
    def measure(self, which: int, device: str, run: int) -> None:
        """A result that somebody waits for."""
        waiting = [known for known in self.orders.values() if known.is_open]
        known = waiting[which % len(waiting)]
        self.fresh += 1
        self._tell(device, known.order.specimen, known.left[0], "F", run, self.fresh)

    @precondition(lambda self: any(known.ticks for known in self.orders.values()))
    @rule(which=st.integers(0, 9), status=st.sampled_from("XD"))
    def withdraw(self, which: int, status: str) -> None:
        """A result that ticked something off."""
        ticks = sorted({tick for known in self.orders.values() for tick in known.ticks})
        _, device, subject = ticks[which % len(ticks)]
        specimen, test, run = subject.split("/")
        self.fresh += 1
        self._tell(device, specimen, test, status, int(run), self.fresh)

    @rule(device=st.sampled_from(("pcr-1", "pcr-2")))
    def take(self, device: str) -> None:
        """All that is to be sent, at once."""
        self.fetch(device)
        self.hand_over(len(self.given) - 1, again=False)

    def _tell(
        self, device: str, specimen: str, test: str, status: str, run: int, version: int, kind: str = ""
    ) -> None:
        record = result(
            device,
            specimen,
            test,
            status,
            run=run,
            version=version,
            control=kind == "control",
            supersedes="0" * 32 if kind == "supersedes" else "",
        )
        self._run(_committed(self.spool, record))
        if record.id in self.events:
            return
        self.events.add(record.id)
        subject, final = f"{specimen}/{test}/{run}", status in "FC" and kind != "control"
        for known in self.orders.values():
            if kind == "supersedes" or status in "DX":
                known.ticks = {tick for tick in known.ticks if tick[1:] != (device, subject)}
            if final and (known.order.specimen, SITES[device]) == (specimen, "lab"):
                known.ticks |= {(test, device, subject)} if test in known.order.tests else set()

    @rule(days=st.integers(1, KEEP_DAYS))
    def time_passes(self, days: int) -> None:
        before = {number: known.state for number, known in self.orders.items()}
        self.now_ms += days * DAY_MS
        self._run(self.spool.orders.expire(self.now_ms))
        limit = self.now_ms - KEEP_DAYS * DAY_MS
        for number, known in list(self.orders.items()):
            if before[number] in ("PLACED", "SENT") and known.placed_ms < limit:
                known.recall = known.sent_to if before[number] == "SENT" else known.recall
                known.ended, known.at_ms = "EXPIRED", self.now_ms
            elif not known.is_open and known.at_ms < limit:
                del self.orders[number]

    @precondition(lambda self: len(self.orders) > 1)
    @rule()
    def killed(self) -> None:
        """What is on disk at this moment is what another process finds."""
        there = self.path
        self.starts += 1
        self.path = self.folder / f"{self.starts}.db"
        for suffix in ("-wal", ""):  # a checkpoint between the two moves only what the first one has
            copy(f"{there}{suffix}", f"{self.path}{suffix}")
        self._run(self.spool.close())
        self._run(self._open())

    @invariant()
    def the_file_is_the_model(self) -> None:
        if not hasattr(self, "spool"):
            return
        told, asked = self._run(self.spool._on_reader(_everything))
        assert told == {
            number: (known.state, known.recall, known.ticks) for number, known in self.orders.items()
        }
        states = [known.state for known in self.orders.values()]
        book = self.spool.orders.book
        assert (book.placed, book.sent) == (states.count("PLACED"), states.count("SENT"))
        for (device, specimen), orders in asked.items():
            assert orders == [
                known.told()
                for known in self.orders.values()
                if known.is_open
                and SITES[device] == "lab"
                and known.device in ("", device)
                and (
                    known.order.specimen == specimen
                    if specimen
                    else known.state == "PLACED" and known.refused_by != device
                )
            ]


def _everything(db: apsw.Connection) -> tuple[dict[str, Any], dict[tuple[str, str | None], list[Order]]]:
    """All orders by their numbers, and what every device is told about every specimen and about all."""
    ticks: list[Any] = db.execute("SELECT lab_order, test, device, subject FROM order_result").fetchall()
    told = {
        row.number: (
            row.state,
            row.sent_to if row.recall else "",
            {(test, device, subject) for n, test, device, subject in ticks if n == row.n},
        )
        for row, _ in order_entries(db, None, None, None, 1000)
    }
    asked = {
        (device, specimen): to_measure(db, site, device, specimen)
        for device, site in SITES.items()
        for specimen in (*SPECIMENS, None)
    }
    return told, asked


async def _committed(spool: Spool, record: EventRecord) -> None:
    await spool.commit([record])


def test_orders_are_their_model() -> None:
    run_state_machine_as_test(OrderMachine, settings=some(3))


@pytest.mark.slow
def test_orders_are_their_model_for_longer() -> None:
    run_state_machine_as_test(OrderMachine, settings=some(15))
