"""A gap that the hub names, and a receipt that stands still (design 3)."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from hub.edge import link as link_module
from hub.edge import relay as relay_module
from hub.edge.link import EdgeLink
from hub.edge.relay import Relay
from hub.spool import Spool
from hub.wire import PartitionState
from tests.edge.bus import Line, link_of, relay_of
from tests.spool.parts import Execute, event, opened, receipt


@dataclass
class Edge:
    """An edge with ten rows, all published and acknowledged by the broker, none receipted."""

    spool: Spool
    relay: Relay
    link: EdgeLink
    line: Line
    alarms: list[str]
    at: int = 2027

    async def hear(self, seq: int, want: tuple[int, int] | None = None) -> list[int]:
        """A receipt; the seqs that go out because of it, each acknowledged by the broker."""
        self.at += 1
        before = len(self.line.seqs)
        told = receipt(self.spool, seq, event(seq) if seq else None, at=str(self.at), want=want)
        await self.link._apply(told)
        await self.relay._send_waiting(self.line.as_connection())
        self.line.puback(self.relay)
        return self.line.seqs[before:]


@pytest.fixture
async def edge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Edge]:
    monkeypatch.setattr(link_module, "WANT_PAUSE_SECONDS", 0)
    monkeypatch.setattr(relay_module, "LINGER_SECONDS", 0)
    async with opened(tmp_path / "spool.db") as spool:
        await spool.commit([event(number) for number in range(1, 11)])
        relay, line, alarms = relay_of(spool), Line(), list[str]()
        relay._resume(await relay._draining())
        await relay._send_waiting(line.as_connection())
        line.puback(relay)
        yield Edge(spool, relay, link_of(spool, relay, alarms.append), line, alarms)


async def test_named_rows_go_again(edge: Edge) -> None:
    assert await edge.hear(2, (3, 5)) == [3, 4, 5]
    assert await edge.hear(2, (3, 5)) == [3, 4, 5], "named again, sent again"
    assert await edge.hear(5) == []
    assert edge.alarms == []


async def test_same_gap_is_heeded_once_in_a_while(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_module, "WANT_PAUSE_SECONDS", 3600)
    assert await edge.hear(2, (3, 5)) == [3, 4, 5]
    for _ in range(20):
        assert await edge.hear(2, (3, 5)) == []
    assert await edge.hear(3, (4, 5)) == [4, 5], "another gap at once"


async def test_a_row_gets_longer_each_time_before_it_counts_as_lost_again() -> None:
    want = link_module._Want(("e", 3, 3))
    pauses = []
    for named in range(1, 9):
        want.named = named
        pauses.append(want.pause)
    assert pauses == [1, 2, 4, 8, 16, 30, 30, 30]


async def test_row_named_five_times_alone_is_moved_whole_and_declared(edge: Edge) -> None:
    for _ in range(4):
        assert await edge.hear(2, (3, 3)) == [3]
        assert edge.spool.figures().skipped == 0
    assert await edge.hear(2, (3, 3)) == [3]
    assert edge.spool.figures().skipped == 1
    assert edge.alarms == ["spool.unsendable"]
    assert edge.line.sent[-1].topic.endswith("/spool-skipped-v1")
    assert b'"from":3,"to":3' in edge.line.sent[-1].payload
    (kept,) = await edge.spool._committer.submit(Execute("SELECT body FROM unsendable"))
    assert kept == (event(3).body,)


async def test_declaration_itself_is_never_given_up(edge: Edge) -> None:
    for _ in range(30):
        await edge.hear(2, (3, 3))
    assert edge.spool.figures().skipped == 1
    assert edge.alarms == ["spool.unsendable"]


async def test_wider_gap_is_never_given_up(edge: Edge) -> None:
    for _ in range(30):
        assert await edge.hear(2, (3, 4)) == [3, 4]
    assert (edge.spool.figures().skipped, edge.alarms) == (0, [])


async def test_only_the_same_row_counts_to_five(edge: Edge) -> None:
    for _ in range(10):
        await edge.hear(2, (3, 3))
        await edge.hear(2, (3, 6))
    assert edge.spool.figures().skipped == 0


async def test_row_without_puback_is_not_counted(edge: Edge) -> None:
    edge.relay._outstanding[3] = None
    for _ in range(30):
        assert await edge.hear(2, (3, 3)) == []
        edge.relay._outstanding[3] = None
    assert (edge.spool.figures().skipped, edge.alarms) == (0, [])


async def test_row_that_was_not_sent_in_this_pass_is_not_counted(edge: Edge) -> None:
    edge.line.window = 0
    edge.relay.rewind()
    for _ in range(30):
        assert await edge.hear(0, (3, 3)) == []
    assert edge.spool.figures().skipped == 0


async def test_rewind_and_copy_are_alarms(edge: Edge) -> None:
    await edge.hear(8)
    assert await edge.hear(3) == [4, 5, 6, 7, 8, 9, 10]
    await edge.link._apply(receipt(edge.spool, 5, event(99), at="9"))
    assert edge.alarms == ["hub.restored", "spool.restored"]
    edge.line.sent.clear()
    await edge.relay._send_waiting(edge.line.as_connection())
    assert edge.line.seqs == [1, 2, 3, 4, 5, 6, 7], "under a new epoch"


async def test_seq_0_over_a_foreign_epoch_changes_nothing(edge: Edge) -> None:
    await edge.link._apply(receipt(edge.spool, 0, epoch="f" * 16))
    await edge.relay._send_waiting(edge.line.as_connection())
    assert len(edge.line.seqs) == 10


class Clock:
    """Stands for asyncio.sleep: remembers the pauses, ends after ``most`` of them."""

    def __init__(self, most: int) -> None:
        self.pauses: list[float] = []
        self.most = most

    async def sleep(self, seconds: float) -> None:
        if len(self.pauses) == self.most:
            raise asyncio.CancelledError
        self.pauses.append(seconds)


async def _stand_still(edge: Edge, monkeypatch: pytest.MonkeyPatch, pauses: int) -> list[float]:
    clock = Clock(pauses)
    monkeypatch.setattr("hub.edge.standstill.asyncio.sleep", clock.sleep)
    with pytest.raises(asyncio.CancelledError):
        await edge.link.standstill.watch()
    monkeypatch.undo()
    return clock.pauses


def _online(edge: Edge, seconds: float) -> None:
    edge.link._hub_heard(PartitionState("online", "5" * 16, 1, ""))
    edge.link.standstill._online_since = asyncio.get_running_loop().time() - seconds


async def test_standstill_sends_again_with_doubling_pauses_and_never_gives_up(
    edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    await edge.hear(4)
    _online(edge, 3600)
    pauses = await _stand_still(edge, monkeypatch, 9)
    assert pauses == [10, 20, 40, 80, 160, 320, 600, 600, 600]
    assert edge.relay.counters.rewinds == 9
    assert set(edge.alarms) == {"receipt.stalled"}
    assert edge.spool.figures().skipped == 0
    before = len(edge.line.seqs)
    await edge.relay._send_waiting(edge.line.as_connection())
    assert edge.line.seqs[before:] == [5, 6, 7, 8, 9, 10]


@pytest.mark.parametrize("online_seconds", [None, 9.0])
async def test_hub_that_is_away_or_just_came_is_waited_for(
    edge: Edge, monkeypatch: pytest.MonkeyPatch, online_seconds: float | None
) -> None:
    if online_seconds is not None:
        _online(edge, online_seconds)
    assert await _stand_still(edge, monkeypatch, 3) == [10, 10, 10]
    assert (edge.relay.counters.rewinds, edge.alarms) == (0, [])


async def test_hub_that_went_is_waited_for(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    _online(edge, 3600)
    edge.link._hub_heard(PartitionState("offline", "5" * 16, 1, ""))
    await _stand_still(edge, monkeypatch, 3)
    assert edge.relay.counters.rewinds == 0


async def test_nothing_waiting_is_no_standstill(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    await edge.hear(10)
    _online(edge, 3600)
    await _stand_still(edge, monkeypatch, 3)
    assert (edge.relay.counters.rewinds, edge.alarms) == (0, [])


async def test_lines_that_follow_each_other_closely_are_one_standstill(
    edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broker that closes the line after each denied publish hides nothing."""
    _online(edge, 3600)
    edge.link.standstill.line_lost()
    edge.link._hub_heard(PartitionState("online", "5" * 16, 1, ""))
    edge.link.standstill.line_lost()
    await _stand_still(edge, monkeypatch, 3)
    assert set(edge.alarms) == {"receipt.stalled"}


async def test_hub_not_heard_for_long_is_waited_for(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    _online(edge, 3600)
    edge.link.standstill.line_lost()
    edge.link.standstill._lost_at = asyncio.get_running_loop().time() - 11
    await _stand_still(edge, monkeypatch, 3)
    edge.link._hub_heard(PartitionState("online", "5" * 16, 1, ""))
    await _stand_still(edge, monkeypatch, 1)
    assert (edge.relay.counters.rewinds, edge.alarms) == (0, [])
