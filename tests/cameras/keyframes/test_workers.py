"""Looks by a real worker process: what it gives, what cannot kill it, what becomes of a look that does."""

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import numpy as np
import psutil
import pytest

from adapters.cameras.keyframes import worker_process
from adapters.cameras.keyframes.looks import Look, Seen, Undecodable, WorkerLost
from adapters.cameras.keyframes.started_process import environment
from adapters.cameras.keyframes.workers import KeyframeWorkers
from adapters.cameras.rtsp.facts import Codec
from tests.cameras.keyframes.encoded import (
    GREEN,
    LEFT_HALF,
    encoded,
    good,
    look_at,
    pixels_of,
    sized_set,
    with_set,
)
from tests.cameras.keyframes.lies import LIES
from tests.fire.patience import until

pytestmark = pytest.mark.slow
PATIENT_SECONDS = 60.0  # a busy machine is no failure


@asynccontextmanager
async def working(count: int = 1, **more: float) -> AsyncIterator[KeyframeWorkers]:
    told = {"deadline_seconds": PATIENT_SECONDS, "start_seconds": PATIENT_SECONDS} | more
    workers = KeyframeWorkers(count, **told)  # type: ignore[arg-type]
    try:
        yield workers
    finally:
        await workers.close()


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """It works on nothing meanwhile, and whatever it is given it is at work on."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        if psutil.pid_exists(pid):
            os.kill(pid, signal.SIGCONT)


async def ended(workers: KeyframeWorkers, look: Look) -> str:
    """How a look ends: "seen", or the reason."""
    try:
        await workers.look(look)
    except (Undecodable, WorkerLost) as error:
        return error.reason
    return "seen"


def is_green(seen: Seen) -> bool:
    return bool(np.abs(pixels_of(seen.jpeg).reshape(-1, 3).mean(axis=0) - GREEN).max() < 15)


async def test_keyframes_of_both_codecs_give_picture_and_scores() -> None:
    async with working() as workers:
        assert (workers.pids, workers.cpu_seconds) == ((), 0)
        for codec in ("h264", "h265"):
            seen = await workers.look(good(codec))
            assert (seen.width, seen.height, seen.picture_width, seen.picture_height) == (640, 360, 640, 360)
            assert is_green(seen)
            assert pixels_of(seen.wall).shape == (90, 160, 3)
            assert not seen.corrupt
            assert {"black", "blur", "frozen"} <= seen.scores.keys()
            assert seen.took_ms > 0
            again = await workers.look(good(codec, memory=seen.memory, picture_width=0))
            assert (again.jpeg, again.wall) == (b"", b"")
        assert len(workers.pids) == 1
        assert workers.cpu_seconds > 0


async def test_what_is_masked_never_leaves_the_worker() -> None:
    async with working() as workers:
        seen = await workers.look(good(masks=(LEFT_HALF,)))
        for jpeg in (seen.jpeg, seen.wall):
            picture = pixels_of(jpeg)
            half = picture.shape[1] // 2
            assert picture[:, : half - 4].max() < 40
            assert picture[:, half + 4 :, 1].mean() > 100


def hostile() -> Iterator[tuple[Codec, bytes]]:
    """Random, truncated, bits turned, absurd; the same at every run."""
    chance = random.Random(7)
    for codec in ("h264", "h265"):
        sound = encoded(codec, 640, 360)
        yield from ((codec, chance.randbytes(chance.randrange(1, 4000))) for _ in range(10))
        yield from ((codec, sound[: len(sound) * part // 16]) for part in range(16))
        for _ in range(24):
            turned = bytearray(sound)
            for _ in range(chance.randrange(1, 40)):
                turned[chance.randrange(len(turned))] ^= 1 << chance.randrange(8)
            yield codec, bytes(turned)
    for size in ((16_000, 16_000), (16, 65_536 * 16), (4096, 2304)):
        yield "h264", with_set(sized_set(*size))


async def test_hostile_keyframes_are_refused_and_harm_nobody() -> None:
    async with working() as workers:
        ends = {await ended(workers, look_at(data, codec)) for codec, data in hostile()}
        assert {"seen", "undecodable", "no_parameter_sets", "too_large"} <= ends
        assert ends <= {"seen", "undecodable", "no_parameter_sets", "too_large", "no_memory", "crashed"}
        assert is_green(await workers.look(good()))


async def test_a_kill_in_the_middle_costs_one_look() -> None:
    async with working() as workers:
        await workers.look(good())
        (pid,) = workers.pids
        with stopped(pid):
            asked = asyncio.create_task(ended(workers, good("h265")))
            await asyncio.sleep(0)
            os.kill(pid, signal.SIGKILL)
            assert await asked == "crashed"
        assert not psutil.pid_exists(pid), "reaped"
        spent = workers.cpu_seconds
        assert is_green(await workers.look(good()))
        assert workers.pids != (pid,)
        assert workers.cpu_seconds > spent


async def test_the_bytes_of_a_crash_are_given_up_and_others_are_not() -> None:
    async with working() as workers:
        await workers.look(good())
        with stopped(workers.pids[0]):
            asked = asyncio.create_task(ended(workers, good("h265")))
            await asyncio.sleep(0)
            os.kill(workers.pids[0], signal.SIGKILL)
            assert await asked == "crashed"
        assert await ended(workers, good("h265")) == "poison"
        assert workers.pids == (), "nobody was started for it"
        assert await ended(workers, good("h264")) == "seen"


async def test_who_takes_too_long_is_killed() -> None:
    async with working(deadline_seconds=PATIENT_SECONDS) as workers:
        await workers.look(good())
        (pid,) = workers.pids
        workers._workers[0]._deadline_seconds = 0.1
        with stopped(pid):
            assert await ended(workers, good("h265")) == "deadline"
        assert not psutil.pid_exists(pid)
        workers._workers[0]._deadline_seconds = PATIENT_SECONDS
        assert await ended(workers, good()) == "seen"


async def test_more_memory_than_it_may_have_is_refused() -> None:
    large_look = look_at(with_set(sized_set(4096, 2304)), picture_width=0)  # mostly concealed
    async with working() as workers:
        await workers.look(good(width=320, height=180))
        used = psutil.Process(workers.pids[0]).memory_info().vms
        assert await ended(workers, large_look) == "seen"
    async with working(memory_mb=used // 2**20 + 12) as workers:
        small = await ended(workers, good(width=320, height=180))
        large = await ended(workers, large_look)
        assert small == "seen"
        assert large in {"no_memory", "undecodable", "crashed"}, "libav does not always say which"
        assert await ended(workers, good(width=320, height=180)) == "seen"


async def test_a_worker_has_given_up_its_rights() -> None:
    async with working() as workers:
        await workers.look(good())
        proc = Path("/proc") / str(workers.pids[0])
        limits = (proc / "limits").read_text()
        for name in ("Max open files", "Max processes", "Max file size", "Max core file size"):
            line = next(line for line in limits.splitlines() if line.startswith(name))
            assert line.removeprefix(name).split()[:2] == ["0", "0"], name
        memory = next(line for line in limits.splitlines() if line.startswith("Max address space"))
        assert memory.split()[3] == str(640 * 2**20)
        cpu = next(line for line in limits.splitlines() if line.startswith("Max cpu time"))
        assert int(cpu.split()[3]) < 60
        status = dict(line.split(":", 1) for line in (proc / "status").read_text().splitlines())
        assert "0" not in status["Uid"].split()
        assert status["NoNewPrivs"].strip() == "1"
        assert status["Threads"].strip() == "1"


async def test_whoever_gives_up_waiting_does_not_mix_answers() -> None:
    async with working() as workers:
        await workers.look(good())
        with stopped(workers.pids[0]):
            asked = asyncio.create_task(workers.look(good("h264", 1280, 720)))
            waits = asyncio.create_task(workers.look(good("h264", 1280, 720)))
            await asyncio.sleep(0)
            asked.cancel()
            waits.cancel()
            await asyncio.wait([asked, waits])
        seen = await workers.look(good("h265"))
        assert (seen.width, seen.height) == (640, 360)


async def test_two_workers_work_side_by_side() -> None:
    async with working(2) as workers:
        await asyncio.gather(*(workers.look(good()) for _ in range(4)))
        assert len(set(workers.pids)) == 2
        with stopped(workers.pids[0]), stopped(workers.pids[1]):
            asked = [asyncio.create_task(ended(workers, good())) for _ in range(2)]
            await asyncio.sleep(0)
            os.kill(workers.pids[0], signal.SIGKILL)
            os.kill(workers.pids[1], signal.SIGCONT)
            assert sorted(await asyncio.gather(*asked)) == ["crashed", "seen"]


async def test_the_end_ends_looks_and_processes() -> None:
    async with working() as workers:
        await workers.look(good())
        (pid,) = workers.pids
        with stopped(pid):
            asked = [asyncio.create_task(ended(workers, good())) for _ in range(3)]
            await asyncio.sleep(0)
            await workers.close()
        assert await asyncio.gather(*asked) == ["closed"] * 3
        assert not psutil.pid_exists(pid)
        assert await ended(workers, good()) == "closed"


@pytest.mark.parametrize("lie", range(len(LIES)), ids=lambda number: LIES[number].name)
async def test_a_worker_that_lies_is_not_believed(lie: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_process, "MODULE", "tests.cameras.keyframes.lies")
    async with working(memory_mb=lie) as workers:
        assert await ended(workers, good()) == "garbled"
        assert workers.pids == ()


async def test_one_that_cannot_be_started_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_process, "MODULE", "adapters.cameras.keyframes.nothing_of_the_kind")
    async with working() as workers:
        assert await ended(workers, good()) == "not_started"
        monkeypatch.undo()
        assert await ended(workers, good()) == "seen", "those bytes were never tried"


async def test_it_ends_with_its_parent() -> None:
    """Also by kill -9, and also while it is stopped: the kernel does it."""
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.cameras.keyframes.parent"),
        stdout=asyncio.subprocess.PIPE,
        env=dict(os.environ),
    )
    assert parent.stdout is not None
    try:
        pid = int(await parent.stdout.readline())
        os.kill(pid, signal.SIGSTOP)
    finally:
        parent.kill()
        await parent.wait()
    await until(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == "zombie", "it is gone")


def test_a_worker_is_told_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMERA_PASSWORD", "canary")
    assert "canary" not in environment().values()
