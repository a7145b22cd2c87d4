"""From the ledger to a gateway on the network, over a real store: nothing lost, nothing doubled."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest

from hub.alarms.incidents.actions import Acknowledge
from hub.notify.settings import Step
from storage.contract import Batch
from tests.notify.bench import Bench, running, told
from tests.notify.gateway import Gateway, gateway
from tests.notify.made import AN, BINH, NUMBER


@pytest.fixture
async def hook() -> AsyncIterator[Gateway]:
    async with gateway() as made:
        yield made


async def test_a_notice_reaches_the_gateway_once_and_stands_in_the_ledger(
    tmp_path: Path, hook: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with running(tmp_path / "store.db", told(hook)) as bench:
        await bench.freeze("fridge-01")
        await bench.settled(1)
        (body,) = hook.bodies
        assert (body["person"], body["address"]) == (AN, NUMBER)
        assert "fridge-01" in body["text"]
        (notice,) = body["notices"]
        assert (notice["kind"], notice["rule"], notice["worst"]) == ("RAISED", "FRZE", -0.9)
        assert hook.keys == [body["id"]]
        entries = await bench.entries()
        assert [entry.kind.value for entry in entries] == ["RAISED", "NOTIFIED"]
        assert entries[1].detail == {"channel": "sms", "outcome": "delivered", "to": AN}
    assert NUMBER not in caplog.text
    assert "token" not in caplog.text


async def test_reminders_come_until_somebody_acknowledges(tmp_path: Path, hook: Gateway) -> None:
    async with running(tmp_path / "store.db", told(hook, reminders=4)) as bench:
        await bench.freeze("fridge-01")
        await bench.settled(1)
        bench.advance(15)
        await bench.settled(2)
        assert [body["notices"][0]["kind"] for body in hook.bodies] == ["RAISED", "REMINDER"]
        incident = hook.bodies[0]["notices"][0]["incident"]
        await bench.ledger.act(incident, Acknowledge(BINH))
        await bench.settled(3, "SKIPPED")
        bench.advance(10_000)
        await bench.freeze("fridge-02")  # the next thing that is sent
        await bench.settled(3)
        assert [body["notices"][0]["device"] for body in hook.bodies] == [
            "fridge-01",
            "fridge-01",
            "fridge-02",
        ]


async def test_a_gateway_that_fails_gets_it_again_under_the_same_name(tmp_path: Path, hook: Gateway) -> None:
    hook.answer = lambda call: (503, 0, 429, 200)[min(call, 3)]
    async with running(tmp_path / "store.db", told(hook, reminders=0)) as bench:
        await bench.freeze("fridge-01")
        for calls in (1, 2, 3, 4):
            await hook.until(lambda calls=calls: hook.calls == calls)  # type: ignore[misc]
            await tried(bench, calls)
            bench.advance(10)
        await bench.settled(1)
        assert len(set(hook.keys)) == 1
        assert len(hook.bodies) == 1
        assert [entry.kind.value for entry in await bench.entries()] == ["RAISED", "NOTIFIED"]


async def tried(bench: Bench, count: int) -> None:
    """Until the one notice was tried so often."""
    await bench.until(lambda rows: rows[0].tries >= count, "WAITING", "DELIVERED")


async def test_what_calls_since_before_there_was_a_chain_is_told_after_a_start(
    tmp_path: Path, hook: Gateway
) -> None:
    settings = told(hook, reminders=0)
    async with running(tmp_path / "store.db", msgspec.structs.replace(settings, chains=())) as bench:
        await bench.freeze("fridge-01")
    for _ in range(2):
        async with running(tmp_path / "store.db", settings) as bench:
            await bench.settled(1)
    assert hook.calls == 1


async def test_what_is_refused_is_given_up_shown_and_sent_again_by_hand(
    tmp_path: Path, hook: Gateway
) -> None:
    hook.answer = lambda call: 404
    async with running(tmp_path / "store.db", told(hook, reminders=0)) as bench:
        await bench.freeze("fridge-01")
        await bench.settled(1, "DEAD")
        assert bench.notifier.figures.dead == 1
        assert bench.notifier.figures.troubles == {"sms": "http.404"}
        (item,) = (await bench.desk.list("DEAD"))["items"]
        assert (item["code"], item["person"]) == ("http.404", AN)
        assert NUMBER not in str(item)
        entries = await bench.entries()
        assert entries[1].detail == {"channel": "sms", "outcome": "http.404", "to": AN}
        hook.answer = lambda call: 200
        await bench.desk.decide(item["key"], "WAITING")
        await bench.ledger.act(item["incident"], Acknowledge(AN))  # settles nothing that waits by hand
        assert (await bench.reader.notice_counts(0)).dead == 0


async def test_escalation_is_entered_with_its_first_notice(tmp_path: Path, hook: Gateway) -> None:
    settings = told(hook, Step(0, (AN,)), Step(15, (BINH,)), reminders=0)
    async with running(tmp_path / "store.db", settings) as bench:
        await bench.freeze("fridge-01")
        await bench.settled(1)
        bench.advance(15)
        await bench.settled(2)
        kinds = [
            (entry.kind.value, entry.detail.get("level"), entry.detail.get("to"))
            for entry in await bench.entries()
        ]
        assert kinds[1:] == [("NOTIFIED", None, AN), ("ESCALATED", 1, None), ("NOTIFIED", None, BINH)]


async def test_a_reply_acknowledges_as_the_person_whose_number_it_is(tmp_path: Path, hook: Gateway) -> None:
    async with running(tmp_path / "store.db", told(hook)) as bench:
        await bench.freeze("fridge-01")
        await bench.settled(1)
        code = hook.bodies[0]["reply"]
        reply = bench.notifier.replies.heard
        assert await reply("sms", "+84999999999", f"OK {code}") == "stranger"
        assert await reply("sms", "0987654321", f"OK {code}") == "unknown_code"  # she was not told
        assert await reply("sms", NUMBER, "OK ZZZZ") == "unknown_code"
        assert await reply("sms", NUMBER, "đang đến") == "no_code"
        assert await reply("sms", "+84912345678", f"ok {code.lower()}") == "acknowledged"
        assert await reply("sms", NUMBER, f"OK {code}") == "refused"
        acked = (await bench.entries())[-1]
        assert (acked.kind.value, acked.actor) == ("ACKED", AN)


async def test_a_store_that_fails_when_it_is_settled_doubles_nothing(tmp_path: Path, hook: Gateway) -> None:
    async with running(tmp_path / "store.db", told(hook, reminders=0)) as bench:
        failures = iter([True, False])

        def fails(batch: Batch) -> bool:
            settles = bool(batch.alarms and batch.alarms.notices and batch.alarms.notices.settles)
            return settles and next(failures, False)

        bench.store.fails = fails
        await bench.freeze("fridge-01")
        await bench.settled(1)
        assert hook.calls == 1


async def test_what_was_claimed_before_a_kill_goes_out_under_the_same_name(
    tmp_path: Path, hook: Gateway
) -> None:
    """The gateway took it, and the hub was killed before it could write that down."""
    settings = told(hook, reminders=0)
    bench = Bench(tmp_path / "store.db", settings)
    await bench.store.open()
    await bench.freeze("fridge-01")
    await bench.reader.open()
    task = asyncio.create_task(bench.notifier.run())
    bench.store.fails = lambda batch: bool(
        batch.alarms and batch.alarms.notices and batch.alarms.notices.settles
    )
    await hook.until(lambda: hook.calls == 1)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    await bench.reader.close()
    await bench.store.close()
    async with running(tmp_path / "store.db", settings) as again:
        await again.settled(1)
        assert hook.calls == 2
        assert len(set(hook.keys)) == 1


async def test_a_channel_that_is_gone_gives_its_notices_up(tmp_path: Path, hook: Gateway) -> None:
    settings = told(hook, reminders=0)
    async with running(tmp_path / "store.db", msgspec.structs.replace(settings, channels=())) as bench:
        await bench.freeze("fridge-01")
        await bench.settled(1, "DEAD")
        assert (await bench.entries())[1].detail["outcome"] == "no_channel"


@pytest.mark.slow
async def test_half_of_the_calls_fail_and_none_is_lost(tmp_path: Path, hook: Gateway) -> None:
    """Small; the whole is ``./dev soak notices``."""
    count = 200
    hook.answer = lambda call: (503, 0, 200, 200)[call % 4]
    settings = told(hook, reminders=0, window_minutes=0)
    async with running(tmp_path / "store.db", settings) as bench:
        await bench.freeze(*(f"fridge-{number:04d}" for number in range(count)))
        async with asyncio.timeout(60), bench.store.committed:
            while (await bench.reader.notice_counts(0)).waiting:
                bench.advance(6)
                await bench.store.committed.wait()
        accepted = [body["id"] for body in hook.bodies]
        assert len(accepted) == len(set(accepted)) == count
        entries = await bench.entries()
        assert sum(entry.kind.value == "NOTIFIED" for entry in entries) == count
