"""The lines over which units send without a broker: the API of an edge, and folders for files."""

import asyncio
import http.client
import random
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from simulators.cold_chain.unit_plan import UnitPlan
from simulators.cold_chain.unit_sample import Message

ANSWER_SECONDS = 20.0
LONGEST_PAUSE_SECONDS = 10.0
AT_ONCE = 4  # requests
LOOK_SECONDS = 0.1


@dataclass(slots=True)
class LineCounts:
    """``again``: tries that were not taken; ``refused``: messages that nobody wants, for good."""

    sent: int = 0
    taken: int = 0
    again: int = 0
    refused: int = 0


@dataclass(slots=True)
class HttpLine:
    """POST to ``<url>/api/v1/ingest/<unit>``: 429, 503 and no answer are tried again until it is taken."""

    url: str
    key: str = ""
    notice: Callable[[str], None] = lambda text: None
    counts: LineCounts = field(default_factory=LineCounts)
    _places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    _chance: random.Random = field(default_factory=random.Random)

    async def send(self, plan: UnitPlan, message: Message) -> None:
        """Until it is taken or refused."""
        self.counts.sent += 1
        attempt = 0
        async with self._places:
            while (pause := await asyncio.to_thread(self._post, plan, message.body, attempt)) is not None:
                self.counts.again += 1
                attempt += 1
                await asyncio.sleep(pause)

    def _post(self, plan: UnitPlan, body: bytes, attempt: int) -> float | None:
        """None when it is settled, otherwise after how many seconds to try again."""
        headers = {"Content-Type": "application/json"}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        request = urllib.request.Request(f"{self.url}/api/v1/ingest/{plan.id}", body, headers)
        pause = min(0.2 * 2.0 ** min(attempt, 8), LONGEST_PAUSE_SECONDS) * self._chance.uniform(0.5, 1.0)
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_SECONDS):
                self.counts.taken += 1
                return None
        except urllib.error.HTTPError as error:
            if error.code in (408, 429) or error.code >= 500:
                return _retry_after(error) or pause
            self.counts.refused += 1
            self.notice(f"{plan.id}: {error.code} {error.read(300).decode('utf-8', 'replace')}")
            return None
        except (OSError, http.client.HTTPException):
            return pause  # nobody is there


def _retry_after(error: urllib.error.HTTPError) -> float:
    said = error.headers.get("Retry-After", "")
    return min(float(said), LONGEST_PAUSE_SECONDS) if said.isdigit() else 0.0


@dataclass(slots=True)
class FolderLine:
    """Files appear whole in the unit's folder; the hub takes them away."""

    folder_of: Callable[[UnitPlan], Path]
    counts: LineCounts = field(default_factory=LineCounts)
    _there: set[Path] = field(default_factory=set)

    async def send(self, plan: UnitPlan, message: Message) -> None:
        """Put it there; raises OSError."""
        folder = self.folder_of(plan)
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / f"{message.name}.part"
        part.write_bytes(message.body)
        part.rename(folder / message.name)
        self.counts.sent += 1
        self._there.add(folder / message.name)

    async def taken(self) -> None:
        """Until the hub has taken every file."""
        while self.look():  # noqa: ASYNC110 - a folder tells nobody of its changes
            await asyncio.sleep(LOOK_SECONDS)

    def look(self) -> bool:
        """Whether some are still there; counts those that are not."""
        self._there = {path for path in self._there if path.exists()}
        self.counts.taken = self.counts.sent - len(self._there)
        return bool(self._there)
