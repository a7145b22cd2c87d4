"""Result files, as a cycler's software exports them: written under another name, then renamed."""

import asyncio
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from simulators.lab.faults import ON_FILES, Fault, Faults
from simulators.lab.host_query import Question
from simulators.lab.mllp_client import RetryPolicy, SenderCounts, Verdict

LOOK_SECONDS = 0.1
DONE, REJECTED = "done", "rejected"  # where a hub puts what it has taken, and what it could not read
HEADING = b"Sample Name"


@dataclass(slots=True)
class FileSender:
    """Exports each run until the hub has put it into ``done``; what is in ``rejected`` is exported again.

    ``restart`` and ``cut`` of other lines are ``truncate`` here: a half file under the temporary name.
    """

    folder: Path
    policy: RetryPolicy = field(default_factory=RetryPolicy)
    rng: random.Random = field(default_factory=random.Random)
    notice: Callable[[str], None] = lambda text: None
    counts: SenderCounts = field(default_factory=SenderCounts)
    faults: Faults = field(default_factory=Faults)

    async def send(self, control_id: str, message: bytes) -> Verdict:
        """Until it is taken; cancel it to give up. Raises OSError when nothing can be written there."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for attempt, name in enumerate(_names(control_id)):
            self.counts.resent += attempt > 0
            self.counts.sent += attempt == 0
            fault = self.faults.draw(ON_FILES)
            names = [name, f"copy-{name}"] if fault == "resent" else [name]
            for each in names:
                await self._export(each, message, fault)
            taken = all([await self._is_taken(each) for each in names])
            if taken and fault != "swallowed_ack":
                self.counts.accepted += 1
                return "accepted"
            self.counts.failed += not taken
            await asyncio.sleep(self.policy.pause(attempt, self.rng))
        raise AssertionError("there is always a further name")

    async def ask(self, question: Question) -> list[str]:
        """Software that writes files asks nobody."""
        return []

    async def close(self) -> None:
        """Nothing is open between two files."""

    async def _export(self, name: str, message: bytes, fault: Fault | None) -> None:
        part = self.folder / f"{name}.part"
        match fault:
            case "truncate":  # the software dies, and begins anew when it is back
                part.write_bytes(message[: self.faults.place(message)])
            case "delay":
                at = self.faults.place(message)
                part.write_bytes(message[:at])
                await asyncio.sleep(self.faults.pause())
            case "split":
                with part.open("wb", buffering=0) as file:
                    for piece in self.faults.pieces(message):
                        file.write(piece)
                        await asyncio.sleep(0)
            case "corrupt":
                part.write_bytes(message.replace(HEADING, b"S#mple Name", 1))
        if fault not in {"split", "corrupt"}:
            part.write_bytes(message)
        part.rename(self.folder / name)

    async def _is_taken(self, name: str) -> bool:
        """Wait until the hub has put the file away; whether it could read it."""
        while (self.folder / name).exists():  # noqa: ASYNC110 - a folder tells nobody of its changes
            await asyncio.sleep(LOOK_SECONDS)
        return not (self.folder / REJECTED / name).exists()


def _names(control_id: str) -> Iterator[str]:
    number = 1
    while True:
        yield f"{control_id}.csv" if number == 1 else f"{control_id} ({number}).csv"
        number += 1
