"""Who is supervised can always be ended."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from hub.errors import BusUnavailable, OperatorError
from hub.supervisor import FAST, Backoff, keep_running


async def test_a_group_that_fails_while_it_is_cancelled_ends_all_the_same() -> None:
    begun = asyncio.Event()

    async def line() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise BusUnavailable("the line was lost just then") from None

    async def link() -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(line())
        except* BusUnavailable as errors:
            raise BusUnavailable(str(errors.exceptions[0])) from None

    running = asyncio.create_task(keep_running(link, name="link", retried=BusUnavailable, backoff=FAST))
    await begun.wait()
    running.cancel()
    await asyncio.wait({running}, timeout=5)
    assert running.cancelled()


class Pauses:
    """Stands for asyncio.sleep."""

    def __init__(self, most: int) -> None:
        self.taken: list[float] = []
        self.most = most

    async def sleep(self, seconds: float) -> None:
        self.taken.append(seconds)
        if len(self.taken) == self.most:
            raise asyncio.CancelledError


async def _supervise(
    work: Callable[[], Awaitable[object]], most: int, backoff: Backoff
) -> tuple[list[float], list[str]]:
    pauses, reasons = Pauses(most), list[str]()
    with pytest.raises(asyncio.CancelledError):
        await keep_running(
            work,
            name="x",
            retried=BusUnavailable,
            backoff=backoff,
            failed=reasons.append,
            pause=pauses.sleep,
        )
    return pauses.taken, reasons


async def _away() -> None:
    raise BusUnavailable("away")


async def test_pauses_double_with_jitter_up_to_the_longest() -> None:
    taken, reasons = await _supervise(_away, 8, Backoff(1, 20))
    for pause, longest in zip(taken, (1, 2, 4, 8, 16, 20, 20, 20), strict=True):
        assert longest / 2 <= pause <= longest
    assert reasons == ["away"] * 8


async def test_quiet_time_forgets_the_past() -> None:
    taken, _ = await _supervise(_away, 4, Backoff(1, 60, quiet_seconds=-1))
    assert len(taken) == 4
    assert all(0.5 <= pause <= 1 for pause in taken)


async def test_end_is_a_reason_to_start_again() -> None:
    async def ends() -> None:
        """As a server that was closed."""

    _, reasons = await _supervise(ends, 3, FAST)
    assert reasons == ["ended"] * 3


async def test_log_hears_a_reason_once(caplog: pytest.LogCaptureFixture) -> None:
    words = iter(["away", "away", "refused", "refused", "away", "away"])

    async def work() -> None:
        raise BusUnavailable(next(words))

    await _supervise(work, 6, Backoff(1, 60))
    told = [getattr(record, "reason") for record in caplog.records]  # noqa: B009
    assert told == ["away", "refused", "away"]


async def test_other_errors_go_up() -> None:
    async def fault() -> None:
        raise OperatorError("not ours to retry")

    with pytest.raises(OperatorError):
        await keep_running(fault, name="x", retried=BusUnavailable)


def test_many_attempts_do_not_overflow() -> None:
    assert Backoff(1, 60).delay(10**9) <= 60


async def test_a_group_that_fails_runs_again() -> None:
    """TaskGroup of Python 3.11 leaves a cancel request behind when a child fails: that is not ours."""
    runs: asyncio.Queue[int] = asyncio.Queue()

    async def line() -> None:
        await runs.put(1)
        raise BusUnavailable("closed by the broker")

    async def link() -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(line())
        except* BusUnavailable as errors:
            raise BusUnavailable(str(errors.exceptions[0])) from None

    running = asyncio.create_task(keep_running(link, name="link", retried=BusUnavailable, backoff=FAST))
    async with asyncio.timeout(5):
        for _ in range(3):
            await runs.get()
    running.cancel()
    await asyncio.wait({running}, timeout=5)
    assert running.cancelled()
