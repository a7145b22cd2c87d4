"""Forty simulated analyzers in a process of their own, against an installation that knows them all."""

import asyncio
import json
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from simulators.lab.fleet import Lines, devices_toml, fleet, sites_toml
from tests.cable import HAS_SOCAT, cable
from tests.fire.installation import Installation
from tests.ports import free_ports

STALLED_SECONDS = 120.0
LOG_TAIL_CHARACTERS = 2000
# Of the frames, messages and files. Who hangs up or begins anew sends all of its run again, a hundred
# frames of an m2000: often is never there.
PLAN = """\
corrupt = 0.01
swallowed_ack = 0.01
wrong_checksum = 0.005
split = 0.005
delay = 0.005
truncate = 0.005
resent = 0.005
cut = 0.0005
restart = 0.0005
delay_seconds = 0.2
"""


@dataclass
class Laboratories:
    """``truth``: the file that the simulators write; ``told_results``: how many results are in it so far."""

    installation: Installation
    truth: Path
    process: Process
    told_results: int = 0
    _read: int = 0
    _moved: float = field(default_factory=time.monotonic)

    def look(self) -> int:
        """Read on in the truth; the results so far. AssertionError when nothing comes any more."""
        with self.truth.open("rb") as file:
            file.seek(self._read)
            data = file.read()
        whole = data[: data.rfind(b"\n") + 1]
        if whole:
            self._moved = time.monotonic()
        stalled = time.monotonic() - self._moved > STALLED_SECONDS and not self.ended
        assert not stalled, f"nothing was answered for {STALLED_SECONDS:g} s:\n{self._waiting()}"
        self._read += len(whole)
        self.told_results += whole.count(b'"kind": "lab"')
        return self.told_results

    @property
    def ended(self) -> bool:
        return self.process.returncode is not None

    def has_ended(self) -> bool:
        """Whether all was sent; looks, too."""
        self.look()
        return self.ended

    def _waiting(self) -> str:
        """What has no answer, and the last words of both sides."""
        waiting: dict[str, str] = {}
        for line in self.truth.read_text("utf-8").splitlines():
            record = json.loads(line)
            if record["kind"] == "lab":
                waiting[record["device"]] = record["control_id"]
            else:
                waiting.pop(record["device"], None)
        words = (self.truth.parent / "simulators.log").read_text("utf-8")[-LOG_TAIL_CHARACTERS:]
        return f"{waiting}\n{words}\n{self.installation.last_words('up')}"


@asynccontextmanager
async def laboratories(
    installation: Installation,
    analyzers: int,
    results: int,
    seed: int,
    *,
    answer_seconds: float,
    asking: float,
    plan: str = PLAN,
) -> AsyncIterator[Laboratories]:
    """The installation is started with their devices; both are ended behind it."""
    folder = installation.folder
    async with cable(folder) if HAS_SOCAT else nullcontext() as ends:
        lines = Lines(
            ("127.0.0.1", installation.mllp_port),
            ("127.0.0.1", free_ports(1)[0]),
            ends[0] if ends else None,
            folder / "results",
        )
        _configure(installation, analyzers, replace(lines, serial=ends[1] if ends else None))
        (folder / "plan.toml").write_text(plan, "utf-8")
        await installation.start()
        options: dict[str, float | str] = {
            "--analyzers": analyzers, "--results": results, "--seed": seed,
            "--answer-seconds": answer_seconds, "--asking": asking,
            "--orders": f"http://127.0.0.1:{installation.api_port}",
        }  # fmt: skip
        process = await _simulate(folder, lines, options)
        try:
            yield Laboratories(installation, folder / "truth.jsonl", process)
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            await installation.end()


def _configure(installation: Installation, analyzers: int, lines: Lines) -> None:
    plans = fleet(analyzers, lines.links)
    head, _, _ = installation.config.read_text("utf-8").partition("[[site]]")
    installation.config.write_text(head + sites_toml(plans) + devices_toml(plans, lines), "utf-8")
    for plan in plans:
        if plan.link == "file":
            lines.folder_of(plan).mkdir(parents=True, exist_ok=True)


async def _simulate(folder: Path, lines: Lines, options: dict[str, float | str]) -> Process:
    assert lines.mllp
    assert lines.astm
    named = options | {
        "--port": lines.mllp[1], "--astm": "{}:{}".format(*lines.astm), "--folder": lines.folder, "--rate": 0,
        "--faults": folder / "plan.toml", "--truth": folder / "truth.jsonl",
    } | ({"--serial": lines.serial} if lines.serial else {})  # fmt: skip
    arguments = [str(part) for pair in named.items() for part in pair]
    (folder / "truth.jsonl").touch()
    with (folder / "simulators.log").open("wb") as log:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "simulators",
            "lab",
            "--while-stdin-open",
            *arguments,
            stdin=PIPE,
            stdout=log,
            stderr=log,
        )


def counts(truth: Path) -> dict[str, object]:
    """What the simulators say they did, from the last line of the truth."""
    with truth.open("rb") as file:
        last = json.loads(file.readlines()[-1])
    assert last["kind"] == "counts", "the simulators have not ended"
    return dict(last)
