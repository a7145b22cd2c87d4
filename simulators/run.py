"""Runs simulated devices until Ctrl-C, for some seconds or for a number of messages."""

import asyncio
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from simulators.cold_chain.bridge_life import live
from simulators.crew import Crew, build_crew, lines_of, plans_of
from simulators.lab.fleet import devices_toml
from simulators.options import parser
from simulators.setup_error import SetupError
from simulators.stopping import told_to_stop
from simulators.truth import TruthFile

if TYPE_CHECKING:
    from simulators.cameras.camera_run import CameraRun

PROGRESS_SECONDS = 5.0
LAST_ANSWERS_SECONDS = 15.0  # how long messages on the way may take to be answered at the end


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line ``argv``; the exit status: 0 done or stopped, 2 cannot be set up."""
    options = parser().parse_args(argv)
    try:
        if options.family == "cold-chain":
            from simulators.cold_chain.cold_command import run_cold_chain

            return run_cold_chain(options, _say)
        if options.family == "gate":
            from simulators.gates.gate_command import run_gates

            return run_gates(options, _say)
        if options.family == "camera":
            from simulators.cameras.camera_command import run_cameras

            return run_cameras(options, _say)
        if getattr(options, "devices", False):
            _say(devices_toml(plans_of(options), lines_of(options)))
            return 0
        with TruthFile(options.truth) as truth:
            crew = build_crew(options, truth, _say)
            asyncio.run(_simulate(crew, options.seconds, while_stdin_open=options.while_stdin_open))
            if (summary := crew.summary()) is not None:
                truth.write(summary)
            _say(crew.progress())
    except (SetupError, OSError) as error:
        print(f"epihub simulate: {error}", file=sys.stderr)
        return 2
    return 0


def _say(text: str) -> None:
    print(text, flush=True)


async def _simulate(crew: Crew, seconds: float | None, *, while_stdin_open: bool) -> None:
    async with told_to_stop(while_stdin_open=while_stdin_open) as stop, asyncio.TaskGroup() as group:
        work = [group.create_task(a.run(), name=f"analyzer[{a.source.plan.id}]") for a in crew.analyzers]
        others = []
        if crew.bridge is not None:
            others.append(group.create_task(live(crew.bridge, crew.fridges, crew.pace), name="bridge"))
        if crew.gates is not None:
            others.append(group.create_task(crew.gates.run(), name="gates"))
        if crew.cameras is not None:
            others.append(group.create_task(_watch_over(crew.cameras), name="cameras"))
        if crew.intake is not None:
            others.append(group.create_task(crew.intake.run(), name="intake"))
        progress = group.create_task(_progress(crew), name="progress")
        stopped = group.create_task(stop.wait(), name="stop")
        await _until_end(stopped, work or others, seconds)
        for analyzer in crew.analyzers:
            analyzer.finishing.set()
        if crew.gates is not None:
            crew.gates.finish()
        if crew.cameras is not None:
            crew.cameras.finish()
        if (
            work and not stopped.done()
        ):  # let what is on the way be answered: the truth says what became of it
            await _until_end(stopped, work, LAST_ANSWERS_SECONDS)
        for task in (*work, *others, progress, stopped):
            task.cancel()


async def _watch_over(cameras: "CameraRun") -> None:
    """All other devices go on where cameras cannot: their port is taken, there is no room for footage."""
    try:
        await cameras.run()
    except* OSError as group:
        for error in group.exceptions:
            print(f"epihub simulate: cameras: {error}", file=sys.stderr)


async def _until_end(
    stopped: asyncio.Task[bool], work: list[asyncio.Task[None]], seconds: float | None
) -> None:
    """Wait until we are told to stop, all work is done, or the time is over."""
    done = asyncio.create_task(asyncio.wait(work), name="all work")
    await asyncio.wait((stopped, done), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    done.cancel()


async def _progress(crew: Crew) -> None:
    while True:
        await asyncio.sleep(PROGRESS_SECONDS)
        _say(crew.progress())
