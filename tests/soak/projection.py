"""Readings to a real server that is killed meanwhile: ``./dev soak projection [--readings N] [--server S]``.

A store takes readings while a projector process sends them. The server is killed (kill -9) again and again,
each time right after an answer, started again, and stopped for a minute; the projector is killed, too. In
the end every reading is settled, and what ``epihub projection verify`` does finds the same count and sum of
every series and day at the server as in the store. The report is docs/evidence/<date>-projection-<server>.md.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hub.clock import now_ms
from storage.influx.comparison import compare
from storage.influx.verify import Asked
from storage.influx.verifying.report import Report
from tests.bench.parts.machine import syncs_a_second
from tests.influx.servers import SERVERS, TimeSeriesServer, influxd, program, victoria_metrics
from tests.soak.parts.evidence import heading, named, publish
from tests.soak.parts.fed_server import DEVICES, STEP_MS, FedServer, fed_server

DAY_MS = 86_400_000
DOWN_SECONDS = 60.0


@dataclass
class Course:
    """What came of it."""

    readings: int
    kills: int = 0
    projector_kills: int = 0
    points: int = 0
    rewinds: int = 0
    seconds: float = 0.0
    write_seconds: float = 0.0
    report: Report | None = None


async def run(
    folder: Path,
    server: TimeSeriesServer,
    *,
    readings: int,
    kills: int = 5,
    projector_kills: int = 1,
    down_seconds: float = DOWN_SECONDS,
    settle_seconds: float = 30.0,
) -> Course:
    """A whole course; the server is started."""
    course, began = Course(readings), time.monotonic()
    async with fed_server(folder, server, settle_seconds) as fed:
        # So that the last reading is of now: none is too old, and the log keeps them all.
        first_ms = now_ms() - readings // DEVICES * STEP_MS
        writing = asyncio.create_task(fed.write(readings, first_ms))
        for n in range(kills):
            await _kill(fed, course, n, projector_kills)
        await _stop(fed, down_seconds)
        await writing
        course.write_seconds = time.monotonic() - began
        await fed.until_settled()
        course.points = int((await fed.state())["points"])
        course.rewinds = fed.rewinds + int((await fed.state())["rewinds"])
        course.seconds = time.monotonic() - began
        course.report = await verified(fed)
    return course


async def _kill(fed: FedServer, course: Course, n: int, projector_kills: int) -> None:
    """Right after an answer, and while there is more to send."""
    if n < projector_kills:
        await fed.kill_projector()
        course.projector_kills += 1
    share = course.readings * (n + 1) // 10
    await fed.until_answered(share)
    await fed.until_points(int((await fed.state()).get("points", 0)) + 1)
    fed.server.kill()
    course.kills += 1
    fed.server.start()


async def _stop(fed: FedServer, seconds: float) -> None:
    fed.server.stop()
    await asyncio.sleep(seconds)
    fed.server.start()


async def verified(fed: FedServer) -> Report:
    """Every series and day, strictly."""
    back = fed.settings.read_back()
    assert back is not None
    now = now_ms()
    return await compare(fed.reader, back, fed.settings, Asked(None, now // DAY_MS + 1, now))


def main(arguments: Sequence[str]) -> int:
    """0 when the server has what the store has; AssertionError and no report otherwise."""
    options = _options(arguments)
    if program(options.server) is None:
        sys.exit(f"{options.server} is neither unpacked (./dev test as root does that) nor installed")
    starting = {"victoria-metrics": victoria_metrics, "influxd": influxd}[options.server]
    with tempfile.TemporaryDirectory(prefix="epihub-soak-") as name, starting(place=name) as server:
        folder = Path(name)
        course = asyncio.run(run(folder, server, readings=options.readings, kills=options.kills))
        syncs = syncs_a_second(folder)
    found = course.report
    assert found is not None
    assert not found.wrong, f"{found.wrong} series and days differ: {found.differences[:5]}"
    assert found.points == options.readings, f"{found.points} of {options.readings} readings were compared"
    publish(told(options, syncs, course, found), options.report or named(f"projection-{options.server}"))
    return 0


def told(options: argparse.Namespace, syncs: float, course: Course, found: Report) -> str:
    asked = f"--server {options.server} --readings {options.readings} --kills {options.kills}"
    command = f"./dev soak projection {asked}"
    return "\n".join(
        [
            *heading(f"Readings to {options.server} while it is killed", command, syncs),
            "| what | count |",
            "|---|---|",
            f"| readings of {DEVICES} devices | {course.readings:,} |",
            f"| kill -9 of the server, right after an answer | {course.kills} |",
            f"| stopped for | {DOWN_SECONDS:.0f} s |",
            f"| kill -9 of the projector | {course.projector_kills} |",
            f"| times that what was not settled was sent again | {course.rewinds} |",
            f"| lines that the server took since the projector's last start | {course.points:,} |",
            f"| seconds until all was in the store | {course.write_seconds:,.0f} |",
            f"| seconds until all was settled | {course.seconds:,.0f} |",
            f"| series and days that were compared | {found.cells:,} |",
            f"| readings that were compared, by count and sum | {found.points:,} |",
            "| of them missing, fewer, more or different at the server | 0 |",
            "",
        ]
    )


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev soak projection", description=__doc__)
    parser.add_argument("--server", choices=sorted(SERVERS), default="victoria-metrics")
    parser.add_argument("--readings", type=int, default=1_000_000)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--report", type=Path)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
