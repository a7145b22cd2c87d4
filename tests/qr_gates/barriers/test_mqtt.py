"""Relays and sensors behind a real broker: nothing stays open when we vanish, no passage is lost there."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from adapters.qr_gates.barriers.passage_settings import PassageSettings
from adapters.qr_gates.barriers.relay_settings import RelaySettings
from hub.broker.accounts import BusAccount
from hub.broker.server import EmbeddedBroker
from hub.mqtt.connection import BrokerAddress, Connection, Incoming, connect
from tests.background import background
from tests.ports import free_port
from tests.qr_gates.barriers.modules import Watched, Witness, barrier_of

pytestmark = pytest.mark.slow
NAME, WORD = "cong-a", "of-the-test"
SENSOR = "tele/cong-a/BEAM"
HEARD = "heard"


class Yard(Watched):
    """A broker, and the devices at it; ``heard``: what was said to them, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.port = free_port()
        self.heard: list[tuple[str, str]] = []
        self.devices: Connection | None = None

    def hear(self, messages: list[Incoming]) -> None:
        self.heard += [(each.topic, each.payload.decode()) for each in messages]
        self.tell()
        if self.devices:
            self.devices.acknowledge(messages)

    async def say(self, text: str, *, retain: bool = False) -> None:
        assert self.devices
        await self.devices.publish_one(SENSOR, text.encode(), retain=retain)

    def relay(self, **changes: Any) -> RelaySettings:
        return RelaySettings.model_validate(self.line | {"topic": NAME, "pulse_ms": 100} | changes)

    def sensor(self, **changes: Any) -> PassageSettings:
        usual = {"topic": SENSOR, "text": "PASSED", "quiet_ms": 0}
        return PassageSettings.model_validate(self.line | usual | changes)

    @property
    def line(self) -> dict[str, Any]:
        broker = {"by": "mqtt", "broker": f"mqtt://127.0.0.1:{self.port}"}
        return broker | {"username": NAME, "password": {"env": "GATE_WORD"}, "timeout_seconds": 10}


@pytest.fixture
async def yard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Yard]:
    monkeypatch.setenv("GATE_WORD", WORD)
    made = Yard()
    account = BusAccount(NAME, WORD, ("#",), ("#",))
    broker = EmbeddedBroker(tmp_path, "127.0.0.1", made.port, (account,), ack_wait_seconds=1)
    async with background(broker.run()):
        await broker.ready.wait()
        address = BrokerAddress("127.0.0.1", made.port, NAME, WORD)
        made.devices = await connect(address, "devices", clean=True, on_messages=made.hear)
        await made.devices.subscribe("cmnd/#", NAME)
        yield made
        await made.devices.close()


@pytest.fixture
async def witness() -> Witness:
    return Witness()


async def test_tasmota_is_told_its_time_and_each_pulse(yard: Yard, witness: Witness) -> None:
    power, timer = f"cmnd/{NAME}/POWER1", f"cmnd/{NAME}/PulseTime1"
    barrier = barrier_of(witness, yard.relay(device="tasmota"))
    async with background(barrier.run(witness.passed)):
        await yard.until(lambda: yard.heard == [(timer, "1"), (power, "OFF")])
        await barrier.open()
        await yard.until(lambda: yard.heard[2:] == [(power, "ON"), (power, "OFF")])
    await yard.until(lambda: yard.heard[4:] == [(power, "OFF")])


@pytest.mark.parametrize(("fail", "last"), [("closed", "OFF"), ("open", "ON")])
async def test_the_broker_leaves_it_as_it_shall_be_when_we_vanish(
    yard: Yard, witness: Witness, fail: str, last: str
) -> None:
    barrier = barrier_of(witness, yard.relay(fail=fail, pulse_ms=60_000))
    async with background(barrier.run(witness.passed)):
        await yard.until(lambda: yard.heard == [(NAME, "OFF")])
        await barrier.open()
        await yard.until(lambda: len(yard.heard) == 2)
        barrier._relay._publisher._connection._transport.abort()
        await yard.until(lambda: yard.heard[2:] == [(NAME, last)])


async def test_a_kept_copy_and_other_words_are_no_passages(yard: Yard, witness: Witness) -> None:
    await yard.say("PASSED", retain=True)
    barrier = barrier_of(witness, passage=yard.sensor())
    barrier._tell = lambda _part, _code: witness.troubled(HEARD)
    async with background(barrier.run(witness.passed)):
        await witness.until(lambda: witness.troubles[:1] == [HEARD])  # the kept copy
        assert witness.passages == []
        for text in ("CLEAR", '{"BEAM":"PASSED"}', "CLEAR", "PASSED"):
            await yard.say(text)
        await witness.until(lambda: len(witness.passages) == 2)


async def test_what_comes_while_we_are_away_or_full_is_kept_at_the_broker(
    yard: Yard, witness: Witness
) -> None:
    await yard.say("CLEAR", retain=True)
    barrier = barrier_of(witness, passage=yard.sensor())
    barrier._tell = lambda _part, _code: witness.troubled(HEARD)
    async with background(barrier.run(witness.passed)):
        await witness.until(lambda: witness.troubles[:1] == [HEARD])  # so we are subscribed
        await yard.say("PASSED")
        await witness.until(lambda: len(witness.passages) == 1)
    witness.passages.clear()
    for _ in range(3):
        await yard.say("PASSED")
    witness.full = True
    again = barrier_of(witness, passage=yard.sensor())
    async with background(again.run(witness.passed)):
        await witness.until(lambda: witness.refused > 0)
        witness.full = False
        await witness.until(lambda: len(witness.passages) >= 3)


async def test_a_broker_that_is_away_is_told(witness: Witness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATE_WORD", WORD)
    nowhere = Yard()
    barrier = barrier_of(witness, nowhere.relay(), nowhere.sensor())
    async with background(barrier.run(witness.passed)):
        await witness.until(lambda: "relay.no_answer" in witness.troubles)
    listens = barrier_of(witness, passage=nowhere.sensor())
    async with background(listens.run(witness.passed)):
        await witness.until(lambda: "passage.broker_lost" in witness.troubles)
