"""A machine that falls silent and one whose clock is wrong: by a clock of the test, and on a real line."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.lab_analyzers.astm_tcp import AstmTcp
from adapters.lab_analyzers.presence_rules import (
    FEWEST_GAPS,
    FLOOR_SECONDS,
    ClockWatch,
    Rhythm,
)
from hub.contract import DeviceState
from tests.conformance.adapter_contract import PATIENCE_SECONDS, running
from tests.conformance.memory_outlet import MemoryOutlet
from tests.lab_analyzers.astm.device import ACK, ENQ, EOT, frames, records
from tests.lab_analyzers.astm.device import config as astm_config
from tests.lab_analyzers.line import MSH, adapter, connect, framed, msa, oru, read_answer

MONDAY = datetime(2026, 8, 3, tzinfo=UTC)


def at(hour: float, day: int = 0) -> float:
    return (MONDAY + timedelta(days=day, hours=hour)).timestamp()


def hour_of(moment: float) -> int:
    return datetime.fromtimestamp(moment, UTC).hour


def silent(rhythm: Rhythm, moment: float) -> bool:
    local = datetime.fromtimestamp(moment, UTC)
    return rhythm.is_silent(moment, local.hour, local.minute * 60.0 + local.second)


def heard(rhythm: Rhythm, moments: Iterator[float]) -> None:
    for moment in moments:
        rhythm.heard(moment, lambda moment=moment: hour_of(moment))  # type: ignore[misc]


def days_of_work(gap_minutes: float, days: int = 5) -> Iterator[float]:
    """From 07:00 to 17:00 each day, in runs of twenty messages at once."""
    for day in range(days):
        moment = at(7, day)
        while moment < at(17, day):
            yield from (moment + second for second in range(20))
            moment += gap_minutes * 60


def test_its_own_rhythm_counts_runs_and_not_their_messages() -> None:
    rhythm = Rhythm(None)
    heard(rhythm, days_of_work(gap_minutes=30))
    assert rhythm.limit_seconds() == 4 * 1800
    assert not silent(rhythm, at(16.5, 4) + 7000)


def test_nights_and_weekends_are_no_silence() -> None:
    rhythm = Rhythm(None)
    heard(rhythm, days_of_work(gap_minutes=30))
    assert not silent(rhythm, at(3, 5))
    assert not silent(rhythm, at(8.9, 7))  # two hours into its working day
    assert silent(rhythm, at(9.1, 7))


def test_what_is_not_known_is_not_judged() -> None:
    rhythm = Rhythm(None)
    heard(rhythm, (at(7) + number * 600 for number in range(FEWEST_GAPS)))
    assert rhythm.limit_seconds() is None
    assert not silent(rhythm, at(23))
    rhythm.heard(at(7) + FEWEST_GAPS * 600, lambda: 12)
    assert rhythm.limit_seconds() == 2400
    assert not Rhythm(None).is_silent(at(7), 7, 0)


def test_a_quick_machine_has_a_quarter_of_an_hour() -> None:
    rhythm = Rhythm(None)
    heard(rhythm, (at(7) + number * 60 for number in range(100)))
    assert rhythm.limit_seconds() == FLOOR_SECONDS


def test_a_fixed_limit_counts_at_any_hour_from_the_first_look_on() -> None:
    rhythm = Rhythm(600)
    rhythm.began(at(2))
    assert not silent(rhythm, at(2) + 600)
    assert silent(rhythm, at(2) + 601)
    rhythm.heard(at(3), lambda: 3)
    rhythm.began(at(3.5))  # the line was opened anew: nothing was heard
    assert silent(rhythm, at(3) + 601)
    never = Rhythm(0)
    never.began(at(2))
    assert not silent(never, at(2, 300))


@given(st.lists(st.floats(0, 1e6), max_size=60), st.floats(0, 1e6))
def test_any_times_are_judged(gaps: list[float], silence: float) -> None:
    rhythm, moment = Rhythm(None), at(7)
    for gap in gaps:
        moment += gap
        heard(rhythm, iter((moment,)))
    limit = rhythm.limit_seconds()
    assert silent(rhythm, moment + silence) in {True, False}
    assert limit is None or not silent(rhythm, moment + limit - 61)


def offsets(*found: float) -> float | None:
    watch, told = ClockWatch(), None
    for offset in found:
        told = watch.add(offset)
    return told


def test_a_clock_is_known_when_three_messages_agree() -> None:
    assert offsets(300, 301) is None
    assert offsets(300, 301, 299) == 301
    assert offsets(-3600, -3601, -3602) == -3600
    assert offsets(-0.2, -900, -0.4, -1800, -0.1) == -0.1  # two waited before they were sent


def test_old_messages_sent_again_are_no_clock() -> None:
    assert offsets(-90_000, -86_400, -82_800, -79_000) is None
    assert offsets(-90_000, -86_400, -82_800, -1, -2, -1) == -1


def test_a_clock_that_was_set_right_is_right_again() -> None:
    assert offsets(*[-600.0] * 8, 0, 0, 0) == 0
    assert offsets(*[600.0] * 8, *[0.0] * 6) == 0


async def spoken(outlet: MemoryOutlet, ahead: timedelta, **settings: object) -> None:
    """Four results whose MSH-7 is so far from now."""
    device = adapter(outlet, **settings)
    async with asyncio.timeout(PATIENCE_SECONDS), running(device):
        reader, writer = await connect(device.config.port)
        for number in range(4):
            stamp = (datetime.now(UTC) + ahead).strftime("%Y%m%d%H%M%S+0000")
            writer.write(framed(oru(f"M{number}", msh=MSH.replace("20260301103000", stamp))))
            assert msa(await read_answer(reader)) == ("AA", f"M{number}")
        writer.close()


@pytest.mark.parametrize("ahead", [timedelta(hours=-7), timedelta(minutes=5), timedelta(0)])
async def test_the_offset_of_a_machines_clock_is_told(ahead: timedelta) -> None:
    outlet = MemoryOutlet()
    await spoken(outlet, ahead)
    assert len(outlet.clock_offsets) == 2
    assert all(abs(offset - ahead.total_seconds()) < 3 for offset in outlet.clock_offsets)


async def test_a_date_alone_says_nothing_of_a_clock() -> None:
    outlet = MemoryOutlet()
    device = adapter(outlet)
    async with asyncio.timeout(PATIENCE_SECONDS), running(device):
        reader, writer = await connect(device.config.port)
        for number in range(4):
            writer.write(framed(oru(f"M{number}", msh=MSH.replace("20260301103000", "20260301"))))
            await read_answer(reader)
        writer.close()
    assert not outlet.clock_offsets


class Heard(MemoryOutlet):
    """``told``: each state as it is told."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.told: asyncio.Queue[tuple[DeviceState, str]] = asyncio.Queue()

    def health(self, state: DeviceState, reason: str = "") -> None:
        self.told.put_nowait((state, reason))


async def test_a_silent_machine_is_unknown_until_it_speaks() -> None:
    outlet = Heard()
    device = adapter(outlet, silent_after_seconds=0.05)
    async with asyncio.timeout(PATIENCE_SECONDS), running(device):
        reader, writer = await connect(device.config.port)
        writer.write(framed(oru("M1")))
        await read_answer(reader)
        states = [await outlet.told.get() for _ in range(2)]
        while states[-1] != ("UNKNOWN", "device.silent"):
            states.append(await outlet.told.get())
        writer.write(framed(oru("M2")))
        assert await outlet.told.get() == ("ONLINE", "")
        writer.close()
    assert ("ONLINE", "") in states


async def test_over_astm_too() -> None:
    outlet = Heard()
    settings = astm_config(silent_after_seconds=0.05)
    ahead = (datetime.now(UTC) + timedelta(hours=1)).astimezone(ZoneInfo(settings.timezone))
    texts = records()
    texts[0] = texts[0].replace(b"20260812101530", ahead.strftime("%Y%m%d%H%M%S").encode())
    async with asyncio.timeout(PATIENCE_SECONDS), running(AstmTcp(settings, outlet)):
        reader, writer = await connect(settings.port)
        for _ in range(3):
            for part in (ENQ, *frames(texts)):
                writer.write(part)
                assert await reader.readexactly(1) == ACK
            writer.write(EOT)
        states = [await outlet.told.get()]
        while states[-1] != ("UNKNOWN", "device.silent"):
            states.append(await outlet.told.get())
        writer.close()
    (offset,) = outlet.clock_offsets
    assert abs(offset - 3600) < 3
