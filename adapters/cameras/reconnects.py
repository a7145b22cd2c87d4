"""When a camera that was lost is connected to again, by how it ended; whoever connects has the clock.

Four kinds of ends. The line: soon, for a camera that restarts is missed each second, and never rarely, for a
site that comes back must be back within seconds. An answer that will be the same next time: doubling to a
minute. A refused login: cameras lock accounts after a few (Hikvision 7, Dahua 5 within 30 min), so a minute
or more, and after three not again until somebody says so. A session that was forgotten (454): at once.
"""

from dataclasses import dataclass
from typing import Literal

from adapters.cameras.reasons import Reason

MOST_REFUSED_LOGINS = 3
# Ours: with the pace of 20 connects a second, 200 cameras that come back together are tried within 10 s.
_LINE_FIRST_S, _LINE_LONGEST_S = 0.5, 5.0
_ANSWER_FIRST_S, _ANSWER_LONGEST_S = 2.0, 60.0
LOGIN_S = 60.0
QUIET_S = 60.0  # a stream that held so long ended for a new reason
_LINE: frozenset[Reason] = frozenset(
    (
        "refused",
        "no_route",
        "unresolved",
        "connect_timeout",
        "tls",
        "mute",
        "no_packets",
        "stall",
        "closed",
        "reset",
    )
)
Kind = Literal["at_once", "line", "answer", "login"]


def kind_of(reason: Reason) -> Kind:
    """What is not known is an answer: it is asked again, and ever more rarely."""
    if reason == "unauthorized":
        return "login"
    return "at_once" if reason == "session_gone" else "line" if reason in _LINE else "answer"


@dataclass(slots=True)
class Reconnects:
    """Of one camera. ``refused_logins``: in a row, kept over a restart by whoever makes it."""

    refused_logins: int = 0
    _attempt: int = 0
    _kind: Kind | None = None

    @property
    def is_locked(self) -> bool:
        return self.refused_logins >= MOST_REFUSED_LOGINS

    def streamed(self, seconds: float) -> None:
        """It let us in and sent for so long, then ended."""
        self.refused_logins = 0
        if seconds >= QUIET_S:
            self._attempt, self._kind = 0, None

    def ended(self, reason: Reason, draw: float) -> float | None:
        """Seconds until the next try; ``draw``: 0..1, by chance. None: not before ``retry``."""
        kind = kind_of(reason)
        if kind == "login":
            self.refused_logins += 1
            return None if self.is_locked else LOGIN_S * (1 + draw / 2)
        self._attempt = self._attempt + 1 if kind == self._kind else 0
        self._kind = kind
        match kind:
            case "at_once" if self._attempt == 0:
                return 0.0
            case "line":
                return self._delay(_LINE_FIRST_S, _LINE_LONGEST_S, draw)
        return self._delay(_ANSWER_FIRST_S, _ANSWER_LONGEST_S, draw)

    def retry(self) -> None:
        """Somebody says that the camera lets us in now."""
        self.refused_logins, self._attempt, self._kind = 0, 0, None

    def _delay(self, first: float, longest: float, draw: float) -> float:
        return min(longest, first * 2.0 ** min(self._attempt, 16)) * (0.5 + draw / 2)


@dataclass(slots=True)
class ConnectPace:
    """Connects of all cameras of an edge, in seconds of one clock: who was connected to before waits longer.

    A start connects to many at once and is over; cameras that come back together come again and again. So
    what a start is late with it catches up, and they never do: a busy loop wakes late from every pause of a
    few milliseconds, and two hundred of those add up to a second.
    """

    again_a_second: float = 20.0
    first_a_second: float = 400.0
    first_late_s: float = 0.25  # a start catches up with no more: at most 500 within a second
    _free_s: float = 0.0

    def wait(self, at_s: float) -> float:
        """Seconds until the next connect may begin; 0.0: now."""
        return max(0.0, self._free_s - at_s)

    def began(self, at_s: float, *, again: bool) -> None:
        """One began. Of those that come again no second has more than the pace."""
        if again:
            # One more in the divisor: a closed second holds both its ends.
            self._free_s = at_s + 1.0 / (self.again_a_second - 1)
        else:
            self._free_s = max(self._free_s, at_s - self.first_late_s) + 1.0 / self.first_a_second
