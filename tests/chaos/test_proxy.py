"""The proxy on real sockets: every fault does what its word says, and no other byte is touched."""

import asyncio
from contextlib import suppress
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.chaos.faults import Faults, Moment, parse
from hub.chaos.line import Line
from hub.chaos.proxy import Address, Proxy
from hub.errors import OperatorError
from tests.chaos.servers import SECONDS, dial, exchange, proxied

DATA = Random(7).randbytes(300_000)
# Words that cut nothing: after any sequence of them every byte must arrive, in order.
HARMLESS = st.lists(
    st.sampled_from(
        ["latency_ms=2", "jitter_ms=3", "slice_bytes=1000", "slice_bytes=37", "rate_bytes=8000000",
         "hold=up", "hold=down", "hold=both", "hold=none", "heal", "lifetime_ms=0"]
    ), max_size=12
)  # fmt: skip


@given(words=HARMLESS, size=st.integers(0, 20_000))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_does_not_cut_leaves_every_byte_in_its_place(words: list[str], size: int) -> None:
    async def run() -> bytes:
        async with proxied() as (proxy, _):
            reader, writer = await dial(proxy)
            step = size // (len(words) + 1)
            for number, word in enumerate(words):
                proxy.obey(parse(word, proxy.line.faults))
                writer.write(DATA[number * step : (number + 1) * step])
                for _ in range(20):
                    await asyncio.sleep(0)
            proxy.obey(parse("hold=none", proxy.line.faults))
            writer.write(DATA[len(words) * step : size])
            writer.write_eof()
            answer: bytes = await _rest(reader)
            writer.close()
            return answer

    assert asyncio.run(run()) == DATA[:size]


async def test_a_line_without_faults_passes_everything() -> None:
    async with proxied() as (proxy, echo):
        assert await exchange(proxy, DATA) == DATA
        assert bytes(echo.received[0]) == DATA
    assert proxy.line.counters.bytes == {"up": len(DATA), "down": len(DATA)}


async def test_a_cut_line_closes_what_lives_and_resets_what_comes() -> None:
    async with proxied() as (proxy, _):
        reader, writer = await dial(proxy)
        writer.write(b"x")
        assert await reader.read(1) == b"x"
        proxy.obey(parse("cut", proxy.line.faults))
        assert await _rest(reader) == b""
        with pytest.raises(OSError):
            await _ask(proxy)
        assert proxy.line.counters.refused == 1
        proxy.obey(parse("heal", proxy.line.faults))
        assert await exchange(proxy, b"back") == b"back"
        writer.close()


async def test_reset_reaches_both_sides_as_a_reset() -> None:
    async with proxied() as (proxy, echo):
        reader, writer = await dial(proxy)
        writer.write(b"x")
        await echo.until(1)
        proxy.obey(parse("reset", proxy.line.faults))
        with pytest.raises(ConnectionResetError):
            async with asyncio.timeout(SECONDS):
                await reader.read(10)
        writer.close()


@pytest.mark.parametrize("way", ["up", "down", "both"])
async def test_what_is_held_comes_when_the_line_is_back(way: str) -> None:
    async with proxied(f"hold={way}") as (proxy, echo):
        reader, writer = await dial(proxy)
        writer.write(b"held")
        if way == "down":
            await echo.until(4)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await reader.read(1)
        assert bool(echo.received and echo.received[0]) == (way == "down")
        proxy.obey(parse("heal", proxy.line.faults))
        async with asyncio.timeout(SECONDS):
            assert await reader.readexactly(4) == b"held"
        writer.close()


async def test_a_connection_that_missed_bytes_never_goes_on() -> None:
    async with proxied("swallow=up") as (proxy, echo):
        reader, writer = await dial(proxy)
        writer.write(b"lost")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await reader.read(1)
        proxy.obey(parse("heal", proxy.line.faults))
        writer.write(b"more")
        with pytest.raises(ConnectionResetError):
            async with asyncio.timeout(SECONDS):
                await reader.read(1)
        assert not echo.received[0]
        writer.close()


async def test_after_so_many_bytes_nothing_is_answered_and_then_it_is_reset() -> None:
    """What a sender sees that has to send again: everything arrived, the acknowledgement did not."""
    async with proxied("unanswered_after_bytes=5 reset_after_bytes=10") as (proxy, echo):
        reader, writer = await dial(proxy)
        writer.write(b"first")
        await echo.until(5)
        writer.write(b"again-and-more")
        with pytest.raises(ConnectionResetError):
            async with asyncio.timeout(SECONDS):
                assert len(await reader.read()) < 0
        assert bytes(echo.received[0][:5]) == b"first"
        assert len(echo.received[0]) <= 10
        writer.close()


@pytest.mark.parametrize(("end", "expected"), [("close", b"0123456789"), ("reset", b"")])
async def test_a_connection_ends_after_exactly_so_many_bytes(end: str, expected: bytes) -> None:
    async with proxied(f"{end}_after_bytes=10") as (proxy, echo):
        reader, writer = await dial(proxy)
        writer.write(b"0123456789abcdef")
        with suppress(ConnectionResetError):
            await _rest(reader)
        assert bytes(echo.received[0]) in (b"0123456789", expected)
        assert proxy.line.counters.bytes["up"] == 10
        writer.close()


async def test_a_short_life_ends_each_connection() -> None:
    async with proxied("lifetime_ms=20") as (proxy, _):
        for _ in range(3):
            reader, writer = await dial(proxy)
            with pytest.raises(ConnectionResetError):
                await _rest(reader)
            writer.close()
        assert proxy.line.counters.ended == 3


async def test_a_throttled_line_takes_its_time() -> None:
    async with proxied("rate_bytes=20000") as (proxy, _):
        loop = asyncio.get_running_loop()
        began = loop.time()
        assert await exchange(proxy, DATA[:4000]) == DATA[:4000]
        assert loop.time() - began >= 4000 / 20000


@pytest.mark.slow
async def test_what_nobody_reads_is_not_heaped_up() -> None:
    """Held, a connection takes some megabytes of its sender and then lets it wait."""
    async with proxied("hold=up") as (proxy, _):
        _, writer = await dial(proxy)
        writer.transport.set_write_buffer_limits(high=0)
        taken = asyncio.create_task(_flood(writer, 100_000_000))
        done, _ = await asyncio.wait({taken}, timeout=1)
        taken.cancel()
        assert not done
        writer.transport.abort()


async def test_a_script_changes_faults_at_its_times() -> None:
    async with proxied() as (proxy, _):
        heard: list[str] = []
        script = [Moment(0, "latency_ms=1"), Moment(0.02, "hold=up"), Moment(0.04, "heal")]
        await proxy.follow(script, lambda moment: heard.append(str(proxy.line.faults)))
    assert heard == ["latency_ms=1", "hold=up latency_ms=1", "heal"]


async def test_a_server_that_is_away_is_a_reset_for_the_client() -> None:
    async with proxied() as (gone, _):
        nobody = gone.listening.result()
    proxy = Proxy(Line(Random(1), Faults()), Address("127.0.0.1", 0), nobody)
    running = asyncio.create_task(proxy.run())
    await proxy.listening
    with pytest.raises(OSError):
        await _ask(proxy)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_an_address_in_use_is_refused_in_words() -> None:
    async with proxied() as (proxy, _):
        second = Proxy(Line(Random(1), Faults()), proxy.listening.result(), proxy.to)
        with pytest.raises(OperatorError, match=r"127\.0\.0\.1"):
            await second.run()


async def _flood(writer: asyncio.StreamWriter, size: int) -> None:
    for _ in range(size // 100_000):
        writer.write(bytes(100_000))
        await writer.drain()


async def _rest(reader: asyncio.StreamReader) -> Any:
    async with asyncio.timeout(SECONDS):
        return await reader.read()


async def _ask(proxy: Proxy) -> None:
    """Raises OSError when the connection does not live."""
    reader, writer = await dial(proxy)
    try:
        async with asyncio.timeout(SECONDS):
            writer.write(b"x")
            if not await reader.read(1):
                raise ConnectionResetError
    finally:
        writer.close()
