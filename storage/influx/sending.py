"""Lines on their way to a server: halved until the bad ones stand alone, the rest goes on. Pure."""

import re
from collections.abc import Sequence

from storage.influx.pages import Line
from storage.influx.server import Answer, Away, BadLines, Busy, Refused, TooLarge, Written
from storage.projections import Rejected

# InfluxDB 1.x says how many lines of a batch it dropped; the others are written.
_DROPPED = re.compile(r"dropped=(\d{1,9})\b")
TOO_LARGE = "the server takes no line of this length"


class SendingInterrupted(Exception):
    """The server did not take what it was sent; ``answer`` is Refused, Busy or Away."""

    def __init__(self, answer: Refused | Busy | Away) -> None:
        super().__init__(type(answer).__name__)
        self.answer = answer


class Sending:
    """``next`` is what to send, ``answered`` takes the answer; again until ``next`` is None.

    ``most``: lines a request; smaller after a TooLarge. ``probe``: a line that is surely good. A server that
    takes none is wrong, and not its thousand lines: before the first one is given up, with nothing taken
    before it, the probe must be taken.
    """

    def __init__(self, lines: Sequence[Line], most: int, probe: str) -> None:
        self.most = most
        self.rejected: list[Rejected] = []
        self.written = 0
        self._probe = [Line(probe, 0)]
        self._probing = False
        self._trusted = False
        self._parts = [lines[n : n + most] for n in range(0, len(lines), most)][::-1]

    def next(self) -> Sequence[Line] | None:
        """The next request's lines; None: all of them are settled."""
        if self._probing:
            return self._probe
        return self._parts[-1] if self._parts else None

    def answered(self, answer: Answer, now_ms: int) -> None:
        """What came of the part of ``next``; raises SendingInterrupted, and ``next`` gives it again."""
        match answer:
            case Written():
                self._taken()
            case BadLines() | TooLarge() if self._probing:
                raise SendingInterrupted(Refused("takes_no_line"))
            case BadLines(reason):
                self._bad(reason, now_ms)
            case TooLarge():
                self._too_large(now_ms)
            case Refused() | Busy() | Away():
                raise SendingInterrupted(answer)
            case _:
                raise AssertionError(f"no such answer: {type(answer).__name__}")

    def _taken(self) -> None:
        self._trusted = True
        if self._probing:
            self._probing = False
        else:
            self.written += len(self._parts.pop())

    def _bad(self, reason: str, now_ms: int) -> None:
        part = self._parts[-1]
        dropped = _DROPPED.search(reason)
        all_of_them = len(part) == 1 or (dropped is not None and int(dropped[1]) == len(part))
        if all_of_them:
            self._doubt(reason, now_ms)
        else:
            self._halve()

    def _too_large(self, now_ms: int) -> None:
        part = self._parts[-1]
        if len(part) == 1:
            self._doubt(TOO_LARGE, now_ms)
            return
        self.most = max(1, len(part) // 2)
        self._halve()

    def _halve(self) -> None:
        part = self._parts.pop()
        middle = len(part) // 2
        self._parts += [part[middle:], part[:middle]]

    def _doubt(self, reason: str, now_ms: int) -> None:
        """The server, before it took anything; after that, the lines."""
        if self._trusted:
            self._give_up(reason, now_ms)
        else:
            self._probing = True

    def _give_up(self, reason: str, now_ms: int) -> None:
        self.rejected += [Rejected(line.number, now_ms, reason, line.text) for line in self._parts.pop()]
