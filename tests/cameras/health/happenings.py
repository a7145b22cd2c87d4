"""What happens to a camera in tests: sessions, figures and pictures at their times, and how it stands."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

from hypothesis import strategies as st

from adapters.cameras.health.changes import Change, StandingSettings
from adapters.cameras.health.standing import CameraStanding
from adapters.cameras.reasons import Lost, NeverReached, Reason
from adapters.cameras.rtsp.facts import Ended, StreamFigures
from hub.payloads import PICTURE_FAULTS

T0 = 1_790_000_000_000
SECOND, MINUTE, HOUR = 1000, 60_000, 3_600_000
AWAY: tuple[Reason, ...] = (*get_args(NeverReached), *get_args(Lost))
SETTINGS = StandingSettings()


@dataclass(frozen=True, slots=True)
class Happening:
    """A method of CameraStanding, its arguments, and when."""

    at_ms: int
    what: str
    given: tuple[Any, ...] = ()

    def to(self, standing: CameraStanding) -> None:
        getattr(standing, self.what)(*self.given, self.at_ms)


def came(at_ms: int) -> Happening:
    return Happening(at_ms, "reached", ("first_packet",))


def went(at_ms: int, reason: Reason = "stall") -> Happening:
    return Happening(at_ms, "ended", (Ended("streaming", reason, at_ms / 1000),))


def looked(at_ms: int, **scores: float) -> Happening:
    """Every fault is scored; those that are not named are far below the threshold."""
    return Happening(at_ms, "seen", (dict.fromkeys(PICTURE_FAULTS, 0.1) | scores, False))


def sent(at_ms: int, seconds: float, **more: Any) -> Happening:
    """What a camera of 25 fps and 400 kbit/s has sent in a session of so many seconds."""
    told = {
        "bytes": int(seconds * 50_000),
        "packets": int(seconds * 40),
        "frames": int(seconds * 25),
        "last_frame_s": at_ms / 1000,
        "rtp_seconds": seconds,
        "heard_seconds": seconds,
        "keyframe_interval_s": 2.0,
    }
    return Happening(at_ms, "figures", (StreamFigures(**(told | more)),))


@dataclass(slots=True)
class Story:
    """A camera to which things happen; ``changes`` is all that it told."""

    settings: StandingSettings = SETTINGS
    changes: list[Change] = field(default_factory=list)
    standing: CameraStanding = field(init=False)

    def __post_init__(self) -> None:
        self.standing = CameraStanding(self.settings)

    def of(self, *happenings: Happening) -> "Story":
        for each in happenings:
            each.to(self.standing)
            self.changes += self.standing.tick(each.at_ms)
        return self

    def until(self, at_ms: int) -> "Story":
        self.changes += self.standing.tick(at_ms)
        return self

    def told(self) -> list[tuple[int, str, str]]:
        """Seconds since the start, state and reason of the device, each time it was told."""
        return [((each.at_ms - T0) // SECOND, *each.told) for each in self.changes if each.told]

    def states(self) -> list[tuple[int, str, str]]:
        """The same of its health, where it changed."""
        found: list[tuple[int, str, str]] = []
        for each in self.changes:
            now = each.health.state, each.health.reason
            if not found or found[-1][1:] != now:
                found.append(((each.at_ms - T0) // SECOND, *now))
        return found

    def faults(self) -> list[tuple[int, str]]:
        """Seconds since the start and ``+fault`` or ``-fault``."""
        return [
            ((each.at_ms - T0) // SECOND, sign + name)
            for each in self.changes
            for sign, names in (("+", each.raised), ("-", each.cleared))
            for name in names
        ]


def run(happenings: Sequence[Happening], ticks: Iterable[int], end_ms: int) -> list[Change]:
    """All changes when ``tick`` is called at these times as well, whatever happens."""
    standing = CameraStanding(SETTINGS)
    found: list[Change] = []
    waiting = sorted(ticks)
    for each in happenings:
        while waiting and waiting[0] <= each.at_ms:
            found += standing.tick(waiting.pop(0))
        each.to(standing)
    for at_ms in waiting:
        found += standing.tick(at_ms)
    return [*found, *standing.tick(end_ms)]


_SCORES = st.dictionaries(
    st.sampled_from(PICTURE_FAULTS), st.sampled_from([0.0, 0.7, 0.9, 1.0, 3.0]), max_size=4
)
_WHAT = st.one_of(
    st.sampled_from(["connect", "first_packet", "first_keyframe", "streaming"]).map(
        lambda p: ("reached", (p,))
    ),
    st.sampled_from(AWAY).map(lambda reason: ("ended", (Ended("play", reason, 0.0),))),
    st.tuples(_SCORES, st.booleans()).map(lambda seen: ("seen", seen)),
    st.floats(-100, 100).map(lambda offset: ("clock", (offset,))),
    st.none().map(lambda _: ("maintenance", (None,))),
    st.integers(0, 2 * HOUR).map(lambda length: ("repair", (length,))),
    st.booleans().map(lambda off: ("switch_offline", (off,))),
    st.tuples(st.integers(0, 30), st.integers(0, 3)).map(lambda grown: ("grown", grown)),
)


@st.composite
def happenings(draw: st.DrawFn) -> list[Happening]:
    """Anything, in the order of time; figures grow as those of a session do."""
    at_ms, frames, lost = T0, 0, 0
    made: list[Happening] = []
    for what, given in draw(st.lists(_WHAT, max_size=40)):
        at_ms += draw(st.sampled_from([0, 1, SECOND, 10 * SECOND, MINUTE, 10 * MINUTE, 2 * HOUR]))
        if what == "repair":
            made.append(Happening(at_ms, "maintenance", (at_ms + given[0],)))
        elif what == "grown":
            frames, lost = frames + given[0], lost + given[1]
            figures = StreamFigures(frames * 2000, frames * 2, lost, frames, 0, None, at_ms / 1000)
            made.append(Happening(at_ms, "figures", (figures,)))
        else:
            frames, lost = (0, 0) if what == "ended" else (frames, lost)
            made.append(Happening(at_ms, what, given))
    return made
