"""Events of a real store at a real receiver, whose signatures another library verifies."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hub.errors import OperatorError
from tests.conformance.store_arrivals import NOW, lab, reading
from tests.conformance.store_use import write
from tests.feeds.delivering import NAME, a_store, webhook
from tests.feeds.receiver import Receiver, receiving
from tests.fire.patience import until_told

pytestmark = pytest.mark.slow  # real pauses


async def test_what_is_stored_arrives_as_it_is_stored(tmp_path: Path) -> None:
    async with a_store(tmp_path) as hub, receiving(Receiver()) as receiver:
        await write(hub.store, lab("S-1"), reading(), lab("S-2"))
        settings = webhook(receiver.url, types=("lab.*",))
        async with hub.to(settings):
            row = await hub.until_settled(3)
            await write(hub.store, lab("S-3"))
            await receiver.until(lambda: len(receiver.effects) == 3)
        assert (row.number, row.wanted, row.taken) == (3, 2, 2)
        logged = await hub.reader.logged([1, 3, 4])
        assert [body for _, body in receiver.raw] == [event.body for event in logged]
        assert receiver.raw[0][0]["content-type"].startswith("application/cloudevents+json")
        assert [each["data"]["specimen"] for each in receiver.effects.values()] == ["S-1", "S-2", "S-3"]


async def test_of_which_sites_and_from_when(tmp_path: Path) -> None:
    async with a_store(tmp_path) as hub, receiving(Receiver()) as receiver:
        await write(hub.store, lab("S-1"), reading())
        async with hub.to(webhook(receiver.url, begin="now", sites=("kho-vac-xin",))):
            await hub.until_settled(2)
            await write(hub.store, lab("S-2"), reading(ts=NOW + 1))
            await hub.until_settled(4)
        assert [each["type"] for each in receiver.effects.values()] == ["coldchain.reading.v1"]


async def test_versions_of_a_fact_arrive_in_order_while_one_is_refused_for_now(tmp_path: Path) -> None:
    def once_busy(event: dict[str, Any], before: int) -> int:
        return 503 if event["data"]["call"] == "NEG" and not before else 200

    async with a_store(tmp_path) as hub, receiving(Receiver(answers=once_busy)) as receiver:
        first = lab("S-1", call="NEG")
        await write(hub.store, first, lab("S-9", call="POS"))
        corrected = lab("S-1", call="POS", status="C", supersedes=first.event.id)
        await write(hub.store, corrected)
        async with hub.to(webhook(receiver.url)):
            row = await hub.until_settled(3, waiting=2)
            assert (row.wanted, row.taken) == (3, 1)
            # a person does not want to wait for the next attempt
            await hub.desk.replay(NAME, "lan", numbers=[1])
            await hub.until_settled(3)
        order = [
            each["data"]["call"] for each in receiver.effects.values() if each["data"]["specimen"] == "S-1"
        ]
        assert order == ["NEG", "POS"]


async def test_dead_letters_are_replayed_or_dropped(tmp_path: Path) -> None:
    picky = [True]

    def answers(event: dict[str, Any], before: int) -> int:
        return 422 if picky[0] and event["data"]["specimen"] != "S-2" else 200

    async with a_store(tmp_path) as hub, receiving(Receiver(answers=answers)) as receiver:
        await write(hub.store, lab("S-1"), lab("S-2"), lab("S-3"))
        async with hub.to(webhook(receiver.url)):
            await hub.until_settled(3, dead=2)
            page = await hub.desk.outbox(NAME)
            assert [(each["number"], each["reason"]) for each in page["items"]] == [
                (1, "http.422"),
                (3, "http.422"),
            ]
            picky[0] = False
            assert await hub.desk.replay(NAME, "lan", dead=True, to_number=1) == {
                "outcome": "done", "events": 1, "next_number": None,
            }  # fmt: skip
            await hub.until_settled(3, dead=1)
            await hub.desk.drop(NAME, "lan", [3])
            row = await hub.until_settled(3)
        assert (row.wanted, row.taken, row.dropped) == (3, 2, 1)
        assert [action for _, action, _ in hub.noted] == ["destination.replay", "destination.drop"]


async def test_a_part_of_the_log_is_sent_again_with_its_ids(tmp_path: Path) -> None:
    async with a_store(tmp_path) as hub, receiving(Receiver()) as receiver:
        await write(hub.store, lab("S-1"), reading(), lab("S-2"))
        async with hub.to(webhook(receiver.url)):
            await hub.until_settled(3)
            told = await hub.desk.replay(NAME, "lan", from_number=1, types=["lab.*"])
            assert (told["events"], told["next_number"]) == (2, None)
            await receiver.until(lambda: sorted(receiver.seen.values()) == [1, 2, 2])
            row = await hub.until_settled(3)
        assert (row.taken, row.replayed, len(receiver.effects)) == (5, 2, 3)


async def test_paused_nothing_is_sent_and_410_disables(tmp_path: Path) -> None:
    gone = [False]

    def answers(event: dict[str, Any], before: int) -> int:
        return 410 if gone[0] else 200

    async with a_store(tmp_path) as hub, receiving(Receiver(answers=answers)) as receiver:
        await write(hub.store, lab("S-1"))
        async with hub.to(webhook(receiver.url)) as deliverer:
            await hub.until_settled(1)
            await hub.desk.pause(NAME, "lan")
            await _until(lambda: deliverer.state.state == "paused")
            await write(hub.store, lab("S-2"))
            gone[0] = True
            await hub.desk.resume(NAME, "lan")
            await _until(lambda: deliverer.state.state == "disabled")
            assert (await hub.row()).disabled == "http.410"
            gone[0] = False
            await hub.desk.resume(NAME, "lan")
            await receiver.until(lambda: len(receiver.effects) == 2)
            await hub.until_settled(2)


async def test_a_receiver_that_is_away_is_left_the_log_as_its_queue(tmp_path: Path) -> None:
    async with a_store(tmp_path) as hub:
        receiver = Receiver()
        await receiver.start()
        await receiver.stop()
        await write(hub.store, *(lab(f"S-{n}") for n in range(300)))
        async with hub.to(webhook(receiver.url), faster=200) as deliverer:
            await _until(lambda: deliverer.state.state == "away")
            assert (await hub.counts()).waiting <= 20
            assert deliverer.state.backlog > 250
            await receiver.start()
            await receiver.until(lambda: len(receiver.effects) == 300)
            await hub.until_settled(300)
        assert set(receiver.seen.values()) == {1}
        await receiver.stop()


async def test_private_addresses_only_by_the_flag(tmp_path: Path) -> None:
    async with a_store(tmp_path) as hub, receiving(Receiver()) as receiver:
        await write(hub.store, lab("S-1"))
        async with hub.to(webhook(receiver.url, options={"private": False})) as deliverer:
            await _until(lambda: deliverer.state.last_answer == "address.refused")
        assert receiver.seen == {}


async def test_another_address_under_a_name_begins_anew(tmp_path: Path) -> None:
    async with a_store(tmp_path) as hub, receiving(Receiver()) as one, receiving(Receiver()) as other:
        await write(hub.store, lab("S-1"), lab("S-2"))
        async with hub.to(webhook(one.url)):
            await hub.until_settled(2)
        async with hub.to(webhook(other.url)):
            await other.until(lambda: len(other.effects) == 2)
            row = await hub.until_settled(2)
        assert (row.wanted, row.taken) == (2, 2)


async def test_orders_for_nobody_are_refused(tmp_path: Path) -> None:
    async with a_store(tmp_path) as hub:
        for order in (hub.desk.pause("x", "lan"), hub.desk.replay("x", "lan", dead=True)):
            with pytest.raises(OperatorError, match="no destination"):
                await order
        with pytest.raises(OperatorError, match="no change"):
            await hub.desk.settle(["x"])


async def _until(so: Callable[[], bool]) -> None:
    async def told() -> bool:
        return so()

    await until_told(told, "the destination stands as wanted", 60)
