"""Alarms while half of the calls fail and the hub is killed: ``./dev soak notices [--alarms N] [--kills N]``.

A process enters incidents into a real store and sends their notices to a gateway of ours, which refuses a
quarter of the calls, hangs up on another, and takes the rest. The process is killed (kill -9) again and again
and goes on. In the end each incident was told, each has its entry NOTIFIED, and the chain holds. What came
twice has the same name twice. The report is docs/evidence/<date>-notices.md.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from hub.alarms.episodes import Episode
from hub.alarms.incidents.book import Finding
from hub.alarms.incidents.entries import Entry, verify
from hub.alarms.incidents.rows import entry_from
from hub.notify.channels.opening import senders_of
from hub.notify.settings import Chain, Channel, NotifySettings, Person, Reach, Step
from hub.runtime.alarm_ledger import AlarmLedger
from hub.runtime.notifier import Notifier
from storage.sqlite.reader import SqliteReader
from storage.sqlite.store import SqliteStore
from tests.alarms.incidents.made import FREEZE, SITE
from tests.bench.parts.machine import syncs_a_second
from tests.notify.gateway import Gateway, gateway
from tests.soak.parts.evidence import heading, named, publish

AT_ONCE = 50
PATIENCE_SECONDS = 3600.0
POLL_SECONDS = 0.5
STATUSES = (503, 0, 204, 204)  # by the number of the call; 0 hangs up


@dataclass
class Course:
    """What came of it; ``wrong`` says what must not be."""

    alarms: int
    kills: int = 0
    calls: int = 0
    accepted: int = 0
    twice: int = 0
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)


def settings_of(url: str) -> NotifySettings:
    return NotifySettings(
        channels=(Channel("sms", "webhook", url=url, timeout_seconds=5),),
        persons=(Person("u-an", "vi", (Reach("sms", "0912345678"),)),),
        chains=(Chain("all", (Step(0, ("u-an",)),)),),
        window_minutes=0,
        reminders=0,
        retry_seconds=0.2,
    )


async def hub(path: Path, url: str, alarms: int) -> None:
    """The process that is killed: goes on with the incidents that are not there yet."""
    settings = settings_of(url)
    store = SqliteStore(path)
    await store.open()
    ledger = AlarmLedger(store, lambda: SqliteReader(path), lambda _: None, notify=settings)
    notifier = Notifier(ledger, lambda: SqliteReader(path), settings, senders_of(settings))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(notifier.run())
        reader = SqliteReader(path)
        await reader.open()
        entered = len((await reader.alarm_standing(0)).incidents)
        await reader.close()
        while entered < alarms:
            last = min(entered + AT_ONCE, alarms)
            await _freeze(ledger, range(entered, last))
            entered = last


async def _freeze(ledger: AlarmLedger, numbers: range) -> None:
    at_ms = int(time.time() * 1000)
    start_ms = at_ms - 3_600_000
    findings = []
    for number in numbers:
        device = f"fridge-{number:05d}"
        found = Episode(
            device, "temp.vaccine", "FRZE", "fridge@1", start_ms, at_ms, None, "critical", False, -900
        )
        findings.append(Finding(SITE, device, FREEZE, (found,)))
    await ledger.enter(lambda book: book.assess(findings, at_ms))


async def run(folder: Path, alarms: int, kills: int, seed: int = 1) -> Course:
    """A whole course."""
    random, course, began = Random(seed), Course(alarms), time.monotonic()
    path = folder / "store.db"
    async with gateway() as hook:
        hook.answer = lambda call: STATUSES[random.randrange(len(STATUSES))]
        process = await _start(path, hook, alarms)
        try:
            for number in range(kills):
                wanted = 1 + int((alarms - 1) * (number + random.random()) / kills * 0.9)
                await hook.until(lambda wanted=wanted: len(hook.bodies) >= wanted, PATIENCE_SECONDS)  # type: ignore[misc]
                process.kill()
                await process.wait()
                course.kills += 1
                process = await _start(path, hook, alarms)
            await _all_settled(path, alarms, process)
        finally:
            process.kill()
            await process.wait()
        await _examine(course, path, hook)
    course.seconds = time.monotonic() - began
    return course


async def _start(path: Path, hook: Gateway, alarms: int) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.soak.notices",
        "--hub",
        str(path),
        "--url",
        hook.url,
        "--alarms",
        str(alarms),
    )


async def _all_settled(path: Path, alarms: int, process: Process) -> None:
    reader = SqliteReader(path)
    await reader.open()
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            standing = len((await reader.alarm_standing(0)).incidents)
            if standing == alarms and not (await reader.notice_counts(0)).waiting:
                break
            assert process.returncode is None, "the hub ended"
            await asyncio.sleep(POLL_SECONDS)
    await reader.close()


async def _examine(course: Course, path: Path, hook: Gateway) -> None:
    names = Counter(body["id"] for body in hook.bodies)
    devices = {notice["device"] for body in hook.bodies for notice in body["notices"]}
    course.calls, course.accepted = hook.calls, len(hook.bodies)
    course.twice = course.accepted - len(names)
    reader = SqliteReader(path)
    await reader.open()
    entries: list[Entry] = []
    while page := await reader.incident_entries(len(entries), limit=1000):
        entries += map(entry_from, page)
    dead = (await reader.notice_counts(0)).dead
    await reader.close()
    notified = Counter(entry.incident for entry in entries if entry.kind.value == "NOTIFIED")
    for wrong, text in (
        (len(devices) != course.alarms, f"{course.alarms - len(devices)} alarms were told nobody"),
        (len(names) != course.alarms, f"{len(names)} names for {course.alarms} notices"),
        (dead, f"{dead} were given up"),
        (len(notified) != course.alarms or set(notified.values()) != {1}, "NOTIFIED is not once for each"),
        (verify(entries) is not None, f"the chain: {verify(entries)}"),
    ):
        if wrong:
            course.wrong.append(text)


def main(arguments: Sequence[str]) -> int:
    """0 when none was lost; AssertionError and no report otherwise."""
    options = _options(arguments)
    if options.hub:
        asyncio.run(hub(options.hub, options.url, options.alarms))
        return 0
    with tempfile.TemporaryDirectory(prefix="epihub-soak-") as name:
        folder = Path(name)
        course = asyncio.run(run(folder, options.alarms, options.kills, options.seed))
        assert not course.wrong, "\n".join(course.wrong)
        syncs = syncs_a_second(folder)
    publish(report(options, syncs, course), options.report)
    return 0


def report(options: argparse.Namespace, syncs: float, course: Course) -> str:
    command = f"./dev soak notices --alarms {options.alarms} --kills {options.kills} --seed {options.seed}"
    return "\n".join(
        [
            *heading("Notices while channels fail and the hub is killed", command, syncs),
            "| what | count |",
            "|---|---|",
            f"| alarms | {course.alarms:,} |",
            f"| kill -9 of the hub | {course.kills} |",
            f"| calls of the gateway | {course.calls:,} |",
            f"| which it took | {course.accepted:,} |",
            f"| of them a second time, under the same name | {course.twice:,} |",
            "| alarms that nobody was told of | 0 |",
            "| alarms without their one entry NOTIFIED | 0 |",
            f"| seconds in all | {course.seconds:,.0f} |",
            "",
            "Half of the calls fail at random: 503, or the line is closed without an answer. What comes a",
            "second time was taken by the gateway in the moment before a kill.",
            "",
        ]
    )


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev soak notices", description=__doc__)
    parser.add_argument("--alarms", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--report", type=Path, default=named("notices"))
    parser.add_argument("--hub", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--url", default="", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
