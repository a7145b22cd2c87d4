"""Notes of who looked at or changed what, on disk before the answer goes out.

They go to the hub, which puts them into its chain (storage/audit.py). While it is away they wait in a file of
ours, synced before the answer too, and go when it is back; told twice, a note is one row.
"""

import asyncio
import json
import os
from collections.abc import Sequence
from pathlib import Path
from secrets import token_hex

from api.link import HubControl
from api.problems import Problem
from hub.errors import OperatorError
from storage.audit import LONGEST_NAME, LONGEST_TARGET, MOST_NOTES, AuditNote

WAITING = "audit-waiting.jsonl"
LARGEST_WAITING_BYTES = 256 << 20
_SECONDS = 3.0


class AuditTrail:
    """One for the process: notes that come while others are written go together."""

    def __init__(self, control: HubControl, folder: Path) -> None:
        self._control = control
        self._file = folder / WAITING
        self._pending: dict[str, AuditNote] = {}
        self._lock = asyncio.Lock()

    async def keep(self, note: AuditNote) -> None:
        """It is on disk when this returns; raises Problem 503."""
        self._pending[note.key] = note
        async with self._lock:
            if note.key not in self._pending:
                return  # went with another's
            batch = list(self._pending.values())[:MOST_NOTES]
            try:
                if not (await self._sent_waiting() and await self._sent(batch)):
                    await asyncio.to_thread(self._set_aside, batch)
            finally:
                for one in batch:
                    self._pending.pop(one.key, None)

    async def _sent_waiting(self) -> bool:
        """Whether nothing waits any more."""
        try:
            notes = await asyncio.to_thread(self._waiting)
        except FileNotFoundError:
            return True
        except OSError as error:
            raise unavailable() from error
        for begin in range(0, len(notes), MOST_NOTES):
            if not await self._sent(notes[begin : begin + MOST_NOTES]):
                return False
        await asyncio.to_thread(self._file.unlink, missing_ok=True)
        return True

    async def _sent(self, notes: Sequence[AuditNote]) -> bool:
        try:
            async with asyncio.timeout(_SECONDS):
                await self._control.call("audit.note", notes=notes)
        except (OSError, TimeoutError, OperatorError):
            return False
        return True

    def _waiting(self) -> list[AuditNote]:
        """A line that a power cut tore was never promised to anybody."""
        found: list[AuditNote] = []
        for line in self._file.read_text("utf-8", "replace").splitlines():
            try:
                found.append(AuditNote(*json.loads(line)))
            except (ValueError, TypeError):
                continue
        return found

    def _set_aside(self, notes: Sequence[AuditNote]) -> None:
        try:
            descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(descriptor, "ab") as file:
                if file.tell() > LARGEST_WAITING_BYTES:
                    raise OSError("too much waits")
                file.write("".join(json.dumps(note) + "\n" for note in notes).encode())
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise unavailable() from error


def unavailable() -> Problem:
    retry = {"Retry-After": "5"}
    return Problem(
        503, "audit.unavailable", "The audit row could not be kept: nothing is shown.", headers=retry
    )


def noted(
    at_ms: int, actor: str, role: str, through: str, action: str, target: str, outcome: str, peer: str = ""
) -> AuditNote:
    """A note with a key of its own, cut to what a row holds."""

    def cut(text: str, most: int = LONGEST_NAME) -> str:
        return text.replace("\0", "")[:most]

    who = (cut(actor), cut(role), through)
    return AuditNote(token_hex(16), at_ms, *who, cut(action), cut(target, LONGEST_TARGET), outcome, peer)
