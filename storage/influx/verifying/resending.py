"""Lines that are sent again, each part until the server has answered it."""

import asyncio
from collections.abc import Sequence

from hub.clock import now_ms
from hub.errors import EpihubError
from storage.influx.backing_off import BackingOff
from storage.influx.lines import series_prefix
from storage.influx.measurements import hub
from storage.influx.pages import Line
from storage.influx.sending import Sending, SendingInterrupted
from storage.influx.server import Answer, Busy, Refused
from storage.influx.writing import Writer

# Pauses of 1, 2, 4, 8 and 16 s: somebody waits for the command, and may give it again.
MOST_TRIES = 6
PART = "verify"


class LinesNotTaken(EpihubError):
    """The server does not take what it is sent; the text has a code of ours only."""


class Resending:
    """``sent`` lines were answered, ``refused`` of others. Uses ``writer`` alone; ``hub``: its name."""

    def __init__(
        self, writer: Writer, *, hub_name: str, most_lines: int, backing_off: BackingOff | None = None
    ) -> None:
        self.sent = 0
        self.refused = 0
        self._writer = writer
        self._prefix = series_prefix(hub.NAME, [("hub", hub_name), ("part", PART)])
        self._most = most_lines
        self._backing_off = backing_off or BackingOff()

    async def send(self, lines: Sequence[str]) -> None:
        """Raises LinesNotTaken: the server refuses us, or did not take them after six tries."""
        sending = Sending([Line(text, 0) for text in lines], self._most, f"{self._prefix}state=0i {now_ms()}")
        tries = 0
        while (part := sending.next()) is not None:
            answer = await asyncio.to_thread(self._writer.write, [line.text for line in part])
            try:
                sending.answered(answer, now_ms())
                tries = 0
            except SendingInterrupted as interrupted:
                tries += 1
                await self._wait(interrupted.answer, tries)
        self.sent += sending.written
        self.refused += len(sending.rejected)

    async def _wait(self, answer: Answer, tries: int) -> None:
        if isinstance(answer, Refused):
            raise LinesNotTaken(f"the server refuses us: {answer.reason}")
        if tries == MOST_TRIES:
            raise LinesNotTaken(f"the server does not take lines: {type(answer).__name__.lower()}")
        busy = isinstance(answer, Busy)
        after = answer.retry_after_s if isinstance(answer, Busy) else None
        await asyncio.sleep(self._backing_off.busy(after) if busy else self._backing_off.away())
