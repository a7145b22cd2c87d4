"""Orders against a model in memory: placed, asked for, resulted, withdrawn, cancelled, too old, killed."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass, field, replace
from pathlib import Path
from shutil import copy, rmtree
from tempfile import mkdtemp
from typing import Any, TypeVar

import apsw
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from hub.contract import Fact, Order
from hub.edge.encoder import Made, Origin, encode
from hub.errors import NotCommitted
from hub.payloads import Code, LabResult
from hub.spool import EventRecord, Placing, Spool, SpoolLimits
from hub.spool.order_rows import (
    MOST_OPEN,
    entry_by_number,
    order_by_number,
    order_entries,
    to_measure,
    to_send,
)
from hub.spool.orders import DAY_MS
from tests.spool.parts import RECEIVED_MS, SEALER, make_skip, opened

T = TypeVar("T")
SITES = {"pcr-1": "lab", "pcr-2": "lab", "pcr-9": "other"}
DEVICES = st.sampled_from(sorted(SITES))
NUMBERS, SPECIMENS, TESTS = ("O-1", "O-2"), ("S-1", "S-2"), ("A", "B")
KEEP_DAYS = 14


def result(
    device: str,
    specimen: str,
    test: str,
    status: str = "F",
    *,
    run: int = 0,
    version: int = 0,
    control: bool = False,
    supersedes: str = "",
) -> EventRecord:
    """The same arguments are the same event; another ``version`` says something else of the same fact."""
    payload = LabResult(specimen, Code(test, str(version)), "NEG", status, control=control)  # type: ignore[arg-type]
    fact = Fact(payload, f"{specimen}/{test}/{run}", 1_700_000_000_000)
    return encode(Origin(SITES[device], "edge-1", device), fact, Made(RECEIVED_MS, supersedes=supersedes))[0]


def order(number: str = "O-1", specimen: str = "S-1", tests: tuple[str, ...] = ("A",)) -> Order:
    return Order(number, specimen, tests)


async def place(spool: Spool, *orders: Order, device: str = "", at_ms: int = RECEIVED_MS) -> dict[str, Any]:
    done = await spool.orders.place([Placing(each, "lab", device, "lis") for each in orders], at_ms)
    return dict(done.refused)


async def state(spool: Spool, number: str = "O-1") -> str | None:
    found = await spool._on_reader(lambda db: entry_by_number(db, number))
    return found.row.state if found else None


@pytest.fixture
async def spool(tmp_path: Path) -> AsyncIterator[Spool]:
    async with opened(tmp_path / "spool.db") as made:
        yield made


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


class OrderMachine(RuleBasedStateMachine):
    """``given``: what devices were answered and have not acknowledged yet."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = Path(mkdtemp())
        self.starts = 0
        self.orders: dict[str, Expected] = {}
        self.given: list[tuple[str, list[Order]]] = []
        self.events: set[bytes] = set()
        self.now_ms = RECEIVED_MS

    def teardown(self) -> None:
        self._run(self.spool.close())
        self.runner.close()
        rmtree(self.folder)

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    @property
    def path(self) -> Path:
        return self.folder / f"{self.starts}.db"

    async def _open(self) -> None:
        self.spool = Spool(self.path, SEALER, make_skip, SpoolLimits(keep_orders_days=KEEP_DAYS))
        await self.spool.open()

    @initialize()
    def start(self) -> None:
        self._run(self._open())

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
        elif (
            known.is_open
            and given.specimen == known.order.specimen
            and set(known.left) <= set(given.tests) <= set(known.order.tests)
        ):
            known.sent, known.sent_to = True, device
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
        for suffix in ("", "-wal"):
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
                and (known.order.specimen == specimen if specimen else known.state == "PLACED")
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


def _settings(max_examples: int) -> settings:
    return settings(
        max_examples=max_examples,
        stateful_step_count=40,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )


def test_orders_are_their_model() -> None:
    run_state_machine_as_test(OrderMachine, settings=_settings(3))


@pytest.mark.slow
def test_orders_are_their_model_for_longer() -> None:
    run_state_machine_as_test(OrderMachine, settings=_settings(12))


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


async def test_an_order_placed_anew_is_not_the_one_that_was_refused(spool: Spool) -> None:
    await place(spool, order())
    await spool.orders.refuse([order()], "pcr-1", RECEIVED_MS)
    await place(spool, order())
    assert await given(spool, "pcr-1") == []
    await place(spool, replace(order(), priority="STAT"))
    assert await given(spool, "pcr-1") == ["O-1"]
    await spool.orders.refuse([order()], "pcr-1", RECEIVED_MS)
    assert await refusal(spool) == ("", None), "the old one was meant"
