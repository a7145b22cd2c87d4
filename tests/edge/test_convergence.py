"""Spool, relay, link, intake and watermarks together: whatever the way loses, the hub gets everything."""

import asyncio
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.edge import link as link_module
from hub.edge import relay as relay_module
from hub.spool import Spool, SpoolLimits
from hub.wire import readable_id
from tests.edge.bus import Line, MemoryHub, link_of, relay_of
from tests.spool.parts import RECEIVED_MS, SEALER, event, make_skip

LIMITS = SpoolLimits(keep_rows_hours=72)
STEPS = (
    "commit",
    "send",
    "send",
    "puback",
    "deliver",
    "deliver",
    "drop one",
    "drop all",
    "receipt",
    "receipt",
    "line lost",
    "bus wiped",
    "standstill",
    "make backup",
    "restore hub",
    "restart edge",
    "unsendable",
)
steps = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(1, 9)), max_size=60)


class World:
    """One edge and one hub; ``line.sent`` beyond ``delivered`` is what the broker holds."""

    def __init__(self, folder: Path, largest_seq: int) -> None:
        self.folder = folder
        self.largest_seq = largest_seq
        self.hub = MemoryHub()
        self.backup = self.hub.backup()
        self.committed: set[str] = set()
        self.number = 0
        self.line = Line()
        self.delivered = 0
        self.alarms: list[str] = []

    async def start(self) -> None:
        self.spool = Spool(self.folder / "spool.db", SEALER, make_skip, LIMITS)
        self.spool.numbering.largest_seq = self.largest_seq
        await self.spool.open()
        self.relay = relay_of(self.spool)
        self.link = link_of(self.spool, self.relay, self.alarms.append)
        await self.connect()

    async def connect(self) -> None:
        self.line, self.delivered = Line(window=7), 0
        await self.relay.reload()
        self.relay._resume(await self.relay._draining())

    async def do(self, step: str, count: int) -> None:
        await getattr(self, step.replace(" ", "_"))(count)

    async def commit(self, count: int) -> None:
        records = [event(self.number + each) for each in range(count)]
        self.number += count
        self.committed |= {readable_id(record.body) for record in records}
        await self.spool.commit(records)

    async def send(self, _count: int) -> None:
        await self.relay._send_waiting(self.line.as_connection())

    async def puback(self, count: int) -> None:
        self.line.puback(self.relay, count)

    async def drop_one(self, _count: int) -> None:
        self.delivered = min(self.delivered + 1, len(self.line.sent))

    async def drop_all(self, _count: int) -> None:
        self.delivered = len(self.line.sent)

    async def line_lost(self, _count: int) -> None:
        await self.connect()

    async def bus_wiped(self, _count: int) -> None:
        self.hub.link = f"{int(self.hub.link, 16) + 1:016x}"
        await self.connect()

    async def standstill(self, _count: int) -> None:
        self.relay.rewind()

    async def make_backup(self, _count: int) -> None:
        self.backup = self.hub.backup()

    async def restore_hub(self, _count: int) -> None:
        self.hub = self.hub.restored(self.backup)

    async def restart_edge(self, _count: int) -> None:
        await self.spool.close()
        await self.start()

    async def unsendable(self, count: int) -> None:
        self.line.unsendable = {count}

    async def deliver(self, count: int) -> None:
        for outgoing in self.line.sent[self.delivered : self.delivered + count]:
            self.hub.take(outgoing)
            self.delivered += 1

    async def receipt(self, _count: int = 0) -> None:
        for receipt in self.hub.receipts():
            await self.link._apply(receipt)

    async def settle(self) -> None:
        """Nothing is lost any more: it must end, and without the standstill net."""
        self.line.unsendable = set()
        for _ in range(3 * self.number + 60):
            await self.do("send", 0)
            self.line.puback(self.relay)
            await self.deliver(1 << 20)
            await self.receipt()
            if not self.spool.figures().waiting and not self.line.without_puback:
                return
            if not self.relay.all_sent or any(receipt.want for receipt in self.hub.receipts()):
                continue
            self.relay.rewind()  # the one thing that only this net heals: the end of the tail was dropped
        raise AssertionError(f"never ends: {self.spool.figures()} {await self.spool.epochs()}")


async def _live(folder: Path, largest_seq: int, script: list[tuple[str, int]]) -> None:
    world = World(folder, largest_seq)
    await world.start()
    try:
        for step, count in script:
            await world.do(step, count)
            figures = world.spool.figures()
            assert figures.spooled == figures.receipted + figures.waiting + figures.skipped
        await world.settle()
        kept = await world.spool._committer.submit(_Unsendable())
        assert world.committed <= world.hub.stored | kept
        assert "spool.restored" not in world.alarms
        assert not world.hub.holes or kept
    finally:
        await world.spool.close()


class _Unsendable:
    """Ids of the rows that were moved to quarantine."""

    def apply(self, db: object) -> set[str]:
        rows = db.execute("SELECT body FROM unsendable")  # type: ignore[attr-defined]
        return {readable_id(body) for (body,) in rows}


def _try(script: list[tuple[str, int]], largest_seq: int) -> None:
    folder = Path(mkdtemp())
    try:
        asyncio.run(_live(folder, largest_seq, script))
    finally:
        rmtree(folder)


@pytest.fixture(autouse=True)
def _small_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "LINGER_SECONDS", 0)
    monkeypatch.setattr(relay_module, "UNRECEIPTED_ROWS", 30)
    monkeypatch.setattr(relay_module, "TAIL_ROWS", 5)
    monkeypatch.setattr(link_module, "WANT_PAUSE_SECONDS", 0)
    monkeypatch.setattr(link_module, "HOPELESS_WANTS", 1000)


_QUIET = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]


@pytest.mark.slow
@given(steps, st.sampled_from([11, 1 << 31]))
@settings(max_examples=15, deadline=None, suppress_health_check=_QUIET)
def test_hub_gets_everything(script: list[tuple[str, int]], largest_seq: int) -> None:
    _try(script, largest_seq)


@pytest.mark.slow
@given(steps, st.sampled_from([11, 1 << 31]))
@settings(max_examples=300, deadline=None, suppress_health_check=_QUIET)
def test_hub_gets_everything_for_longer(script: list[tuple[str, int]], largest_seq: int) -> None:
    _try(script, largest_seq)


def test_backup_that_knows_no_epoch_gets_everything_again() -> None:
    script = [("commit", 9), ("send", 1), ("deliver", 9), ("receipt", 1), ("puback", 9)]
    _try([*script, *script, ("restore hub", 1), ("receipt", 1)], 1 << 31)


def test_pruned_rows_are_a_declared_hole(tmp_path: Path) -> None:
    async def live() -> None:
        world = World(tmp_path, 1 << 31)
        await world.start()
        await world.do("commit", 9)
        await world.settle()
        world.spool.numbering.thinning = True
        await world.spool.upkeep(RECEIVED_MS)
        await world.do("restore hub", 1)
        await world.do("commit", 2)
        await world.settle()
        assert {seq for _, seq in world.hub.holes} == set(range(1, 10))
        assert world.hub.stored >= {readable_id(event(number).body) for number in (9, 10)}
        assert set(world.alarms) == {"hub.restored"}
        await world.spool.close()

    asyncio.run(live())
