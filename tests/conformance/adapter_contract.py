"""What every adapter is held to (design 2). Derive, say how its device sends, and inherit the tests."""

import asyncio
import socket
from collections.abc import Iterator, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from typing import Any

import pytest

from hub.contract import Adapter, Frame
from hub.errors import DeviceUnavailable
from hub.payloads import Payload
from tests.background import background
from tests.conformance.memory_outlet import MemoryOutlet

RECEIVED_MS = 1_790_000_000_000
PATIENCE_SECONDS = 60  # for what must come at once; only a hang takes so long


def running(adapter: Adapter[Any]) -> AbstractAsyncContextManager["asyncio.Task[None]"]:
    """Runs ``adapter`` for the body; what it raises by itself is raised here."""
    return background(adapter.run())


class SomebodyListens:
    """For adapters that listen: ``taken_port`` is somebody else's."""

    @pytest.fixture(autouse=True)
    def taken(self) -> Iterator[None]:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.taken_port = listener.getsockname()[1]
            yield


class AdapterContract:
    """Abstract: pytest collects only the classes that derive from it and are named Test…."""

    ANSWERS = True  # whether the device gets an answer of ours on its own line
    good: bytes  # one message of a device, framed as on the line, that gives at least one fact
    good_raw: bytes  # the same without framing
    garbage: bytes  # framed bytes that nobody understands
    garbage_raw: bytes

    def make_adapter(self, outlet: MemoryOutlet) -> Adapter[Any]:
        """A new adapter on a new link."""
        raise NotImplementedError

    def make_unavailable_adapter(self, outlet: MemoryOutlet) -> Adapter[Any]:
        """An adapter whose device or port cannot be had; it may hold resources on ``self``."""
        raise NotImplementedError

    async def deliver(self, adapter: Adapter[Any], chunks: Sequence[bytes]) -> bytes:
        """Send ``chunks`` one by one to the running adapter as its device does; what came back."""
        raise NotImplementedError

    def is_positive(self, answer: bytes) -> bool:
        """Whether the device may forget what it sent."""
        raise NotImplementedError

    async def received(self, chunks: Sequence[bytes]) -> tuple[MemoryOutlet, bytes]:
        outlet = MemoryOutlet()
        adapter = self.make_adapter(outlet)
        async with asyncio.timeout(PATIENCE_SECONDS), running(adapter):
            return outlet, await self.deliver(adapter, chunks)

    def test_constructor_touches_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        config = self.make_adapter(MemoryOutlet()).config
        kind = type(self.make_adapter(MemoryOutlet()))

        def forbidden(*_: object, **__: object) -> None:
            raise AssertionError("a constructor must only remember")

        monkeypatch.setattr("socket.socket", forbidden)
        monkeypatch.setattr("builtins.open", forbidden)
        monkeypatch.setattr("io.open", forbidden)
        kind(config, MemoryOutlet())

    async def test_cancel_ends_it_within_a_second(self) -> None:
        outlet = MemoryOutlet()
        adapter = self.make_adapter(outlet)
        async with asyncio.timeout(PATIENCE_SECONDS), running(adapter) as task:
            await self.deliver(adapter, [self.good])
            task.cancel()
            done, _ = await asyncio.wait([task], timeout=1)
            assert done == {task}

    async def test_good_message_gives_facts_and_a_positive_answer(self) -> None:
        outlet, answer = await self.received([self.good])
        assert outlet.facts
        assert not self.ANSWERS or self.is_positive(answer)

    async def test_any_cut_gives_the_same_facts(self) -> None:
        whole, _ = await self.received([self.good])
        halves, _ = await self.received([self.good[:7], self.good[7:]])
        single, _ = await self.received([self.good[at : at + 1] for at in range(len(self.good))])
        assert whole.facts == halves.facts == single.facts

    async def test_garbage_is_kept_byte_by_byte(self) -> None:
        outlet, _ = await self.received([self.garbage])
        assert self.garbage_raw in b"".join(kept.raw for kept in outlet.quarantined)
        assert not outlet.facts

    async def test_no_answer_before_the_commit(self) -> None:
        outlet = MemoryOutlet()
        adapter = self.make_adapter(outlet)
        outlet.hold()
        async with asyncio.timeout(PATIENCE_SECONDS), running(adapter):
            delivery = asyncio.create_task(self.deliver(adapter, [self.good]))
            await outlet.queued.get()
            done, _ = await asyncio.wait([delivery], timeout=0.1)
            assert not done
            outlet.release()
            assert not self.ANSWERS or self.is_positive(await delivery)
            await delivery

    async def test_failed_commit_gives_no_positive_answer(self) -> None:
        """The device hears a no; behind a broker, which has none, the adapter gives the line up."""
        outlet = MemoryOutlet(refuse=True)
        adapter = self.make_adapter(outlet)
        answer = b""
        with suppress(*(() if self.ANSWERS else (DeviceUnavailable,))):
            async with asyncio.timeout(PATIENCE_SECONDS), running(adapter):
                answer = await self.deliver(adapter, [self.good])
        assert not self.is_positive(answer)
        assert not outlet.committed

    async def test_resend_is_the_same_fact(self) -> None:
        first, _ = await self.received([self.good])
        second, _ = await self.received([self.good])
        assert first.facts == second.facts

    def test_interpret_is_pure(self) -> None:
        adapter = self.make_adapter(MemoryOutlet())
        frame = Frame(self.good_raw)
        first = adapter.interpret(frame, RECEIVED_MS)
        assert first == adapter.interpret(frame, RECEIVED_MS)
        assert first == self.make_adapter(MemoryOutlet()).interpret(frame, RECEIVED_MS)
        assert first.facts

    async def test_absent_device_is_unavailable(self) -> None:
        adapter = self.make_unavailable_adapter(MemoryOutlet())
        async with asyncio.timeout(PATIENCE_SECONDS):
            with pytest.raises(DeviceUnavailable):
                await adapter.run()


class TimesAreOurs(AdapterContract):
    """For devices that give neither time nor counter: each message is a measurement of its own (design 4)."""

    def payloads(self, outlet: MemoryOutlet) -> list[Payload]:
        """What two deliveries of one message have in common."""
        return [fact.payload for fact in outlet.facts]

    async def test_any_cut_gives_the_same_facts(self) -> None:
        """But for their times."""
        whole, _ = await self.received([self.good])
        halves, _ = await self.received([self.good[:7], self.good[7:]])
        single, _ = await self.received([self.good[at : at + 1] for at in range(len(self.good))])
        payloads = [self.payloads(outlet) for outlet in (whole, halves, single)]
        assert payloads[0] == payloads[1] == payloads[2]
        assert payloads[0]

    async def test_resend_is_the_same_fact(self) -> None:
        """But for its key: there, and only there, a resend may count twice."""
        first, _ = await self.received([self.good])
        second, _ = await self.received([self.good])
        assert self.payloads(first) == self.payloads(second)
        assert first.facts
