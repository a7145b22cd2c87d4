"""The spool against a model in memory: whatever happens in whatever order, nothing is lost or invented."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from shutil import copy
from typing import Any, TypeVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from hub.errors import NotCommitted
from hub.events import number_body
from hub.spool import EventRecord, Receipt, Row, SpoolLimits
from hub.wire import readable_id
from tests.spool.machine import SpoolInAFolder, some
from tests.spool.parts import RECEIVED_MS, capture, event, make_skip

T = TypeVar("T")
LARGEST_SEQ = 12
HOUR_MS = 3_600_000


@dataclass
class Epoch:
    """``ids``: of row 1, 2, 3 …; ``gone``: rows up to there are pruned; ``declared``: seqs in quarantine."""

    name: str
    ids: list[str] = field(default_factory=list)
    receipted: int = 0
    highest: int = 0
    gone: int = 0
    closed: bool = False
    declared: set[int] = field(default_factory=set)


class SpoolMachine(SpoolInAFolder):
    """``epochs`` is the model; the newest is the open one."""

    LIMITS = SpoolLimits(keep_rows_hours=1)

    def __init__(self) -> None:
        super().__init__()
        self.epochs: list[Epoch] = []
        self.known: dict[int, str] = {}
        self.replies: dict[int, bytes] = {}
        self.thinned = 0
        self.ticks = 0
        self.link = 0
        self.heard_link: int | None = None

    @property
    def is_busy(self) -> bool:
        """Enough there for accidents to matter."""
        return len(self.epochs[-1].ids) > 3 and any(epoch.receipted for epoch in self.epochs)

    def opening(self) -> None:
        self.spool.numbering.largest_seq = LARGEST_SEQ

    def started(self) -> None:
        self.epochs.append(Epoch(self.spool.books.epoch))

    # What an adapter does.

    @rule(numbers=st.lists(st.integers(0, 100), min_size=3, max_size=8))
    def commit(self, numbers: list[int]) -> None:
        records = [event(number) for number in numbers]
        done = self._run(_await(lambda: self.spool.commit(records)))
        self._expect(records)
        assert done.identical + len(done.rows) == len(records)

    @rule(numbers=st.lists(st.integers(0, 100), max_size=4))
    def commit_status(self, numbers: list[int]) -> None:
        records = [event(number, thinnable=True) for number in numbers]
        done = self._run(_await(lambda: self.spool.commit(records)))
        if self.spool.numbering.thinning:
            self.thinned += len(records)
            return
        self._expect(records)
        assert done.identical + len(done.rows) == len(records)

    @precondition(lambda self: self.is_busy)
    @rule(number=st.integers(0, 200))
    def fail(self, number: int) -> None:
        records = [event(number), event(number)._replace(id=b"other", body=None)]  # type: ignore[arg-type]
        try:
            self._run(_await(lambda: self.spool.commit(records)))
        except NotCommitted:
            return
        raise AssertionError("a body that is none was taken")

    @rule(frame=st.integers(0, 5), number=st.integers(0, 200))
    def repeat_frame(self, frame: int, number: int) -> None:
        reply, record = b"reply to %d" % self.ticks, event(number)
        self.ticks += 1
        made = capture(b"frame %d" % frame, bytes([frame]) * 16, reply)
        done = self._run(_await(lambda: self.spool.commit([record], made, reply=reply)))
        assert done.repeated == (frame in self.replies)
        if not done.repeated:
            self.replies[frame] = reply
            self._expect([record])
        assert done.reply == self.replies[frame]

    # What the hub says.

    @rule(which=st.integers(0, 3), back=st.integers(0, 3))
    def receive(self, which: int, back: int) -> None:
        epoch = self.epochs[-1 - which % len(self.epochs)]
        self._accept(epoch, max(len(epoch.ids) - back, epoch.gone))

    @precondition(lambda self: self.is_busy)
    @rule(which=st.integers(0, 3), back=st.integers(1, LARGEST_SEQ))
    def hub_restored(self, which: int, back: int) -> None:
        """A lower receipt, perhaps below what is pruned."""
        epoch = self.epochs[-1 - which % len(self.epochs)]
        self._accept(epoch, max(epoch.receipted - back, 0))

    def _accept(self, epoch: Epoch, seq: int) -> None:
        heard = self.heard_link
        verdict = self._receive(epoch, seq, epoch.ids[seq - 1] if seq else "")
        assert verdict.kind == (
            "REWOUND" if seq < epoch.receipted else "SAME" if seq == epoch.receipted else "ADVANCED"
        )
        assert verdict.resend == (verdict.kind == "REWOUND" or heard not in (None, self.link))
        epoch.receipted, epoch.highest = seq, max(epoch.highest, seq)

    @rule()
    def link_changes(self) -> None:
        self.link += 1
        epoch = self.epochs[-1]
        heard = self.heard_link
        seq = epoch.receipted
        verdict = self._receive(epoch, seq, epoch.ids[seq - 1] if seq else "")
        assert verdict == ("SAME", seq, heard is not None)

    @precondition(lambda self: self.is_busy)
    @rule(seq=st.integers(1, 30))
    def foreign_epoch(self, seq: int) -> None:
        assert self._receive(Epoch("f" * 16), seq, readable_id(event(300).body)).kind == "UNKNOWN"

    @precondition(lambda self: self.is_busy and len(self.epochs) < 6)
    @rule(seq=st.integers(1, 30), which=st.integers(0, 3))
    def foreign_id(self, seq: int, which: int) -> None:
        epoch = self.epochs[-1 - which % len(self.epochs)]
        if seq <= epoch.gone:
            return  # such a row cannot be asked any more
        verdict = self._receive(epoch, seq, readable_id(event(300).body))
        if epoch.closed and len(epoch.ids) <= max(epoch.receipted, epoch.gone):  # nothing left to send
            assert verdict.kind == "STALE"
            return
        assert verdict.kind == "RENUMBERED"
        self._renumber(self.epochs.index(epoch))

    @precondition(lambda self: any(epoch.receipted for epoch in self.epochs))
    @rule()
    def overtaken(self) -> None:
        epoch = next(epoch for epoch in self.epochs if epoch.receipted)
        name = epoch.ids[epoch.receipted - 1]
        told = Receipt("5" * 16, epoch.name, epoch.receipted, name, "old", None, "0")
        assert self._run(self.spool.receive(told)).kind == "STALE"

    # What time does.

    @rule(old=st.booleans())
    def prune(self, old: bool) -> None:
        short = self.spool.numbering.thinning
        self._run(self.spool.upkeep(RECEIVED_MS + (2 * HOUR_MS if old else 0)))
        if old or short:
            for epoch in self.epochs:
                epoch.gone = max(epoch.gone, epoch.receipted)
        self._declare_thinned()

    @precondition(lambda self: self.is_busy)
    @rule(short=st.booleans())
    def quota_is_short(self, short: bool) -> None:
        self.spool.numbering.thinning = short

    @rule(seq=st.integers(1, LARGEST_SEQ), which=st.integers(0, 3))
    def give_up(self, seq: int, which: int) -> None:
        place = -1 - which % len(self.epochs)
        epoch, number = self.epochs[place], self._numbers()[place]
        moved = self._run(self.spool.quarantine_unsendable(number, seq))
        there = max(epoch.gone, epoch.receipted) < seq <= len(epoch.ids)
        assert moved == (there and (seq not in epoch.declared or moved))
        if moved:
            epoch.declared.add(seq)
            epoch.ids[seq - 1] = self._id_of_skip(epoch, seq)

    @precondition(lambda self: self.is_busy)
    @rule()
    def open_again(self) -> None:
        thinning = self.spool.numbering.thinning
        self._run(self.spool.close())
        self._run(self._open())
        self._declare_thinned()
        self.spool.numbering.thinning = thinning

    @precondition(lambda self: self.is_busy and len(self.epochs) < 6)
    @rule(number=st.integers(1000, 1003))
    def restored_from_a_copy(self, number: int) -> None:
        """The edge went on and the hub heard it; then a copy of before comes back."""
        self.open_again()
        self._run(self.spool.close())
        copy(self.path, self.folder / "copy.db")
        self._run(self._open())
        done = self._run(_await(lambda: self.spool.commit([event(number)])))
        (row,) = done.rows
        told = Epoch(self.spool.books.epoch or self._run(self.spool.epochs())[-1].epoch)
        self._run(self.spool.close())
        (self.folder / "copy.db").rename(self.path)
        self._run(self._open())
        if told.name != self.epochs[-1].name:  # the lost row had begun an epoch
            assert self._receive(told, row.seq, _id(row, told.name)).kind == "UNKNOWN"
            return
        assert self._receive(told, row.seq, _id(row, told.name)).kind == "RENUMBERED"
        self._renumber(len(self.epochs) - 1)

    # What must always hold.

    @invariant()
    def rows_are_those_of_the_model(self) -> None:
        if not self.epochs:
            return
        states = self._run(self.spool.epochs())
        assert [state.epoch for state in states] == [epoch.name for epoch in self.epochs]
        for state, epoch in zip(states, self.epochs, strict=True):
            rows = self._run(self.spool.rows(state.number, 1, 1000, 1000))
            assert [row.seq for row in rows] == list(range(epoch.gone + 1, len(epoch.ids) + 1))
            assert [_id(row, epoch.name) for row in rows] == epoch.ids[epoch.gone :]
            assert (state.receipt_seq, state.last_seq) == (epoch.receipted, len(epoch.ids))
            assert state.closed == epoch.closed

    @invariant()
    def figures_sum_up(self) -> None:
        if not self.epochs:
            return
        figures = self.spool.figures()
        assert figures.spooled == sum(len(epoch.ids) for epoch in self.epochs)
        assert figures.spooled == figures.receipted + figures.waiting + figures.skipped
        assert figures.skipped == sum(len(epoch.declared) for epoch in self.epochs)
        assert figures.waiting == sum(
            seq not in epoch.declared
            for epoch in self.epochs
            for seq in range(epoch.receipted + 1, len(epoch.ids) + 1)
        )
        assert min(figures.receipted, figures.waiting, figures.skipped) >= 0

    # The model.

    def _expect(self, records: list[EventRecord]) -> None:
        held = {name for epoch in self.epochs for name in epoch.ids[epoch.gone :]}
        for record in records:
            name = readable_id(record.body)
            self._turn_if_full()
            if name not in held:
                self.epochs[-1].ids.append(name)
                held.add(name)

    def _turn_if_full(self) -> None:
        if len(self.epochs[-1].ids) >= LARGEST_SEQ:
            self.epochs[-1].closed = True
            self.epochs.append(Epoch(self._run(self.spool.epochs())[len(self.epochs)].epoch))

    def _renumber(self, first: int) -> None:
        name = self._run(self.spool.epochs())[-1].epoch
        fresh = Epoch(name)
        for epoch in self.epochs[first:]:
            kept = max(epoch.receipted, epoch.gone)
            shift = len(fresh.ids) - kept
            fresh.declared |= {seq + shift for seq in epoch.declared if seq > kept}
            fresh.ids += epoch.ids[kept:]
            epoch.declared = {seq for seq in epoch.declared if seq <= epoch.receipted}
            del epoch.ids[epoch.receipted :]
            epoch.gone = min(epoch.gone, epoch.receipted)
            epoch.closed = True
        self.epochs.append(fresh)

    def _declare_thinned(self) -> None:
        if self.thinned and not self.spool.numbering.thinning:
            self._turn_if_full()
            epoch = self.epochs[-1]
            seq = len(epoch.ids) + 1
            record = make_skip(epoch.name, seq, seq, "status", "quota", self.thinned)
            epoch.ids.append(readable_id(record.body))
            self.thinned = 0

    def _receive(self, epoch: Epoch, seq: int, name: str) -> Any:
        self.ticks += 1
        at = f"{2026 + self.ticks:08d}"
        told = Receipt("5" * 16, epoch.name, seq, name, str(self.link), None, at)
        verdict = self._run(self.spool.receive(told))
        if verdict.kind in ("ADVANCED", "SAME", "REWOUND"):
            self.heard_link = self.link
        return verdict

    def _numbers(self) -> list[int]:
        return [state.number for state in self._run(self.spool.epochs())]

    @staticmethod
    def _id_of_skip(epoch: Epoch, seq: int) -> str:
        return readable_id(make_skip(epoch.name, seq, seq, "unsendable", "bus", 1).body)


async def _await(queue: Callable[[], "asyncio.Future[T]"]) -> T:
    return await queue()


def _id(row: Row, epoch: str) -> str:
    return readable_id(number_body(row.body, epoch, row.seq))


def test_spool_is_its_model() -> None:
    run_state_machine_as_test(SpoolMachine, settings=some(3))


@pytest.mark.slow
@pytest.mark.timeout(300)  # a disk that others use too
def test_spool_is_its_model_for_longer() -> None:
    run_state_machine_as_test(SpoolMachine, settings=some(150))
