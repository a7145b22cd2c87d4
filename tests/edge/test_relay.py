"""The relay: every row at least once, in order, never a hole, never more than the window."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hub.edge import relay as relay_module
from hub.edge.relay import Relay
from hub.mqtt.connection import Outgoing
from hub.spool import Spool
from tests.background import background
from tests.edge.bus import Line, relay_of
from tests.spool.parts import event, opened, receipt


@pytest.fixture(autouse=True)
def _no_linger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "LINGER_SECONDS", 0)


@pytest.fixture
async def spool(tmp_path: Path) -> AsyncIterator[Spool]:
    async with opened(tmp_path / "spool.db", largest_seq=1000) as made:
        yield made


@asynccontextmanager
async def running(relay: Relay, line: Line) -> AsyncIterator["asyncio.Task[None]"]:
    try:
        async with background(relay.run(line.as_connection())) as task:
            yield task
    finally:
        relay.lost()


async def sent(line: Line, count: int) -> list[int]:
    """Seqs that went out, once there are ``count``."""
    async with asyncio.timeout(10):
        while len(line.seqs) < count:  # noqa: ASYNC110 - a line tells nobody
            await asyncio.sleep(0.001)
    return line.seqs


async def quiet(relay: Relay) -> None:
    """Once the relay has nothing to do."""
    async with asyncio.timeout(10):
        while relay._wake.is_set():  # noqa: ASYNC110
            await asyncio.sleep(0.001)
    for _ in range(10):
        await asyncio.sleep(0)


async def commit(spool: Spool, first: int, last: int) -> None:
    await spool.commit([event(number) for number in range(first, last + 1)])


async def test_nothing_goes_before_the_hub_was_seen_on_this_line(spool: Spool) -> None:
    relay = relay_of(spool)
    await commit(spool, 1, 3)
    for birth_online in (True, False):
        line = Line()
        async with running(relay, line) as task:
            for _ in range(50):
                await asyncio.sleep(0)
            assert line.sent == []
            relay.hub_seen(birth_online)
            assert await sent(line, 3) == [1, 2, 3]
            assert not task.done()


async def test_rows_carry_their_number_and_are_not_touched(spool: Spool) -> None:
    relay, line = relay_of(spool), Line()
    await spool.commit([event(1), event(2)._replace(body=b'{"not": "an event"}')])
    relay.hub_seen(True)
    async with running(relay, line):
        await sent(line, 2)
    suffix = b',"epoch":"%b","seq":%d}'
    assert [outgoing.payload for outgoing in line.sent] == [
        event(1).body[:-1] + suffix % (spool.books.epoch.encode(), 1),
        b'{"not": "an event"' + suffix % (spool.books.epoch.encode(), 2),
    ]


async def test_new_rows_follow_old_ones(spool: Spool) -> None:
    relay, line = relay_of(spool), Line()
    await commit(spool, 1, 200)
    relay.hub_seen(True)
    async with running(relay, line):
        await commit(spool, 201, 205)
        assert await sent(line, 205) == list(range(1, 206))
        await commit(spool, 206, 210)
        assert await sent(line, 210) == list(range(1, 211))
        assert relay.all_sent


@asynccontextmanager
async def rush(
    spool: Spool, relay: Relay, line: Line, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[None]:
    """Rows 1 to 5 went out, and then they come with every turn of the relay."""
    await commit(spool, 1, 5)
    relay.hub_seen(True)
    async with running(relay, line):
        await sent(line, 5)
        monkeypatch.setattr(relay_module, "RUSH_ROWS", 0)  # every turn is one of a rush
        await commit(spool, 6, 9)
        for _ in range(50):
            await asyncio.sleep(0)
        yield


async def test_in_a_rush_devices_go_first(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    relay, line = relay_of(spool), Line()
    async with rush(spool, relay, line, monkeypatch):
        assert line.seqs == [1, 2, 3, 4, 5]
        monkeypatch.setattr(relay_module, "RUSH_ROWS", 20)
        assert await sent(line, 9) == list(range(1, 10))


async def test_a_rush_without_end_holds_nothing_up_for_long(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_module, "YIELD_SECONDS", 0.05)
    relay, line = relay_of(spool), Line()
    async with rush(spool, relay, line, monkeypatch):
        assert await sent(line, 9) == list(range(1, 10))


async def test_a_row_that_the_hub_waits_for_goes_out_in_a_rush(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay, line = relay_of(spool), Line()
    async with rush(spool, relay, line, monkeypatch):
        line.puback(relay)
        assert relay.want(2, 2)
        assert (await sent(line, 6))[5] == 2


async def test_unpublished_rows_go_again_on_the_next_line(spool: Spool) -> None:
    relay, first, second = relay_of(spool), Line(), Line()
    await commit(spool, 1, 10)
    relay.hub_seen(True)
    async with running(relay, first):
        await sent(first, 10)
        first.puback(relay, 4)
    relay.hub_seen(True)
    async with running(relay, second):
        assert await sent(second, 6) == [5, 6, 7, 8, 9, 10]


async def test_row_that_was_wanted_and_got_no_puback_goes_again_on_the_next_line(spool: Spool) -> None:
    relay, first, second = relay_of(spool), Line(), Line()
    await commit(spool, 1, 10)
    relay.hub_seen(True)
    async with running(relay, first):
        await sent(first, 10)
        first.puback(relay, 8)
        assert relay.want(3, 3)
        await sent(first, 11)
    relay.hub_seen(True)
    async with running(relay, second):
        assert await sent(second, 8) == [3, 4, 5, 6, 7, 8, 9, 10]


async def test_full_window_waits_for_pubacks(spool: Spool) -> None:
    relay, line = relay_of(spool), Line(window=4)
    await commit(spool, 1, 10)
    relay.hub_seen(True)
    async with running(relay, line):
        assert await sent(line, 4) == [1, 2, 3, 4]
        line.puback(relay, 3)
        assert await sent(line, 7) == [1, 2, 3, 4, 5, 6, 7]
        line.puback(relay)
        assert await sent(line, 10) == list(range(1, 11))


async def test_window_that_others_fill_while_rows_are_read_is_kept(spool: Spool) -> None:
    """States are published beside the relay: what was free before an await may be taken after it."""
    relay, line = relay_of(spool), Line(window=5)
    await commit(spool, 1, 10)
    read = spool.rows

    async def rows(epoch_number: int, first: int, last: int, limit: int) -> list[object]:
        found = await read(epoch_number, first, last, limit)
        line.without_puback += [-1, -1]
        return found  # type: ignore[return-value]

    spool.rows = rows  # type: ignore[method-assign, assignment]
    relay.hub_seen(True)
    async with running(relay, line) as task:
        assert await sent(line, 3) == [1, 2, 3]
        await quiet(relay)
        assert not task.done()
        assert line.seqs == [1, 2, 3]


async def test_at_most_so_many_rows_are_in_flight(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "UNRECEIPTED_ROWS", 20)
    relay, line = relay_of(spool), Line()
    await commit(spool, 1, 100)
    relay.hub_seen(True)
    async with running(relay, line):
        assert await sent(line, 20) == list(range(1, 21))
        line.puback(relay)
        await quiet(relay)
        assert len(line.seqs) == 20, "a PUBACK is no receipt"
        await spool.receive(receipt(spool, 15, event(15)))
        await relay.receipted(spool.books.epoch, 15, resend=False)
        assert await sent(line, 35) == list(range(1, 36))


async def test_rewind_sends_everything_after_the_receipt_again(spool: Spool) -> None:
    relay, line = relay_of(spool), Line()
    await commit(spool, 1, 6)
    relay.hub_seen(True)
    async with running(relay, line):
        await sent(line, 6)
        await spool.receive(receipt(spool, 2, event(2)))
        await relay.receipted(spool.books.epoch, 2, resend=False)
        relay.rewind()
        assert await sent(line, 10) == [1, 2, 3, 4, 5, 6, 3, 4, 5, 6]
        assert (relay.counters.rewinds, relay.counters.resent) == (1, 4)


async def test_receipt_that_passes_a_rewind_is_not_sent_over(spool: Spool) -> None:
    relay, line = relay_of(spool), Line()
    await commit(spool, 1, 6)
    relay.hub_seen(True)
    async with running(relay, line):
        await sent(line, 6)
        relay.rewind()
        await relay.receipted(spool.books.epoch, 5, resend=False)
        assert await sent(line, 7) == [1, 2, 3, 4, 5, 6, 6]


async def test_wanted_rows_go_again_and_nothing_else(spool: Spool) -> None:
    relay, line = relay_of(spool), Line()
    await commit(spool, 1, 10)
    relay.hub_seen(True)
    async with running(relay, line):
        await sent(line, 10)
        assert not relay.want(3, 5), "they are on their way: no PUBACK yet"
        line.puback(relay)
        assert relay.want(3, 5)
        assert (await sent(line, 13))[10:] == [3, 4, 5]
        assert not relay.want(11, 11), "not sent in this pass"
        assert not relay.want(5, 3)
        await quiet(relay)
        assert len(line.seqs) == 13


async def test_a_gap_goes_before_the_rest_of_the_backlog(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_module, "LARGEST_WRITE_ROWS", 10)
    relay = relay_of(spool)

    class Asking(Line):
        """The hub asks for row 3 while the backlog is on its way."""

        def publish(self, batch: Sequence[Outgoing]) -> None:
            super().publish(batch)
            if self.seqs == list(range(1, 21)):
                self.puback(relay)
                assert relay.want(3, 3)

    line = Asking()
    await commit(spool, 1, 200)
    relay.hub_seen(True)
    async with running(relay, line):
        went = await sent(line, 201)
    assert went == [*range(1, 21), 3, *range(21, 201)]


async def test_wanted_rows_of_one_epoch_are_not_asked_of_the_next(tmp_path: Path) -> None:
    """Else the next one's rows would be declared pruned, and receipted without being there."""
    async with opened(tmp_path / "spool.db", largest_seq=4) as spool:
        relay, line = relay_of(spool), Line()
        await commit(spool, 1, 5)
        relay._resume(await relay._draining())
        await relay._send_waiting(line.as_connection())
        line.puback(relay)
        first = spool_epochs = await spool.epochs()
        assert relay.want(3, 4)
        await spool.receive(receipt(spool, 4, event(4), epoch=spool_epochs[0].epoch))
        await relay.receipted(first[0].epoch, 4, resend=False)
        await relay._send_waiting(line.as_connection())
        await relay._send_waiting(line.as_connection())
        assert line.seqs == [1, 2, 3, 4, 1]


async def test_pruned_rows_are_declared_and_passed_over(spool: Spool) -> None:
    relay, line = relay_of(spool), Line()
    await commit(spool, 1, 8)
    await spool.receive(receipt(spool, 8, event(8)))
    spool.numbering.thinning = True
    await spool.upkeep(0)
    await spool.receive(receipt(spool, 3, event(3), at="2027"))
    relay.hub_seen(True)
    async with running(relay, line):
        async with asyncio.timeout(10):
            while not line.sent:  # noqa: ASYNC110
                await asyncio.sleep(0.001)
        (declared,) = line.sent
        assert b'"data":{"from":4,"to":8,"class":"receipted","reason":"pruned","count":5' in declared.payload
        assert b'"seq":' not in declared.payload, "outside the numbering"
        await commit(spool, 9, 9)
        assert await sent(line, 1) == [9]
        line.puback(relay)
        relay.want(4, 5)
        async with asyncio.timeout(10):
            while len(line.sent) < 3:  # noqa: ASYNC110
                await asyncio.sleep(0.001)
        assert b'"from":4,"to":5' in line.sent[-1].payload


async def test_rows_that_moved_to_another_epoch_are_not_declared_gone(spool: Spool) -> None:
    relay, line = relay_of(spool), Line()
    await commit(spool, 1, 4)
    relay._resume(await relay._draining())
    await spool.receive(receipt(spool, 9, event(9)))  # the spool is a copy: renumbered, not told yet
    await relay._send_waiting(line.as_connection())
    assert line.sent == []
    await relay.reload()
    await relay._send_waiting(line.as_connection())
    assert line.seqs == [1, 2, 3, 4]


async def test_row_that_mqtt_cannot_carry_is_declared_and_the_rest_goes(spool: Spool) -> None:
    relay, line = relay_of(spool), Line()
    line.unsendable = {2}
    await commit(spool, 1, 4)
    relay.hub_seen(True)
    async with running(relay, line):
        assert await sent(line, 4) == [1, 2, 3, 4]
    assert line.sent[1].topic.endswith("/spool-skipped-v1")


@pytest.mark.parametrize("receipted", [False, True])
async def test_next_epoch_follows_the_one_that_ended(tmp_path: Path, receipted: bool) -> None:
    async with opened(tmp_path / "spool.db", largest_seq=3) as spool:
        relay, line = relay_of(spool), Line()
        await commit(spool, 1, 3)
        relay.hub_seen(True)
        async with running(relay, line):
            await sent(line, 3)
            first = spool.books.epoch
            if receipted:  # all of it, before the next one begins
                await spool.receive(receipt(spool, 3, event(3)))
                await relay.receipted(first, 3, resend=False)
            await commit(spool, 4, 5)
            if not receipted:
                await quiet(relay)
                assert line.seqs == [1, 2, 3], "the oldest first"
                await spool.receive(receipt(spool, 3, event(3), epoch=first))
                await relay.receipted(first, 3, resend=False)
            assert await sent(line, 5) == [1, 2, 3, 1, 2]
            await commit(spool, 6, 6)
            assert await sent(line, 6) == [1, 2, 3, 1, 2, 3]


async def test_large_rows_do_not_fill_the_memory(spool: Spool) -> None:
    relay, line = relay_of(spool), Line()
    relay._resume(await relay._draining())
    large = [event(number)._replace(body=event(number).body[:-1] + b" " * 9000 + b"}") for number in (2, 3)]
    await spool.commit([event(1), *large, event(4)])
    assert [row.seq for row in relay._tail] == [1]
    await relay._send_waiting(line.as_connection())
    assert line.seqs == [1, 2, 3, 4]
