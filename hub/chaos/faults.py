"""What a line does wrong, and the words for it. Pure: no I/O, no clock, no chance."""

from dataclasses import dataclass, fields, replace
from typing import Any, Literal, NamedTuple

from hub.errors import ConfigError

Way = Literal["up", "down"]
"""``up``: from the client that dialled us to the server; ``down``: the answers."""
Side = Literal["none", "up", "down", "both"]
End = Literal["close", "reset"]
SIDES: tuple[Side, ...] = ("none", "up", "down", "both")
LARGEST = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Faults:
    """A line without faults is ``Faults()``. Bytes of a connection count those of the client (``up``).

    cut: living connections are closed, new ones reset as soon as they are accepted. hold: bytes wait and
    come later, as on a network that loses every packet for a while. swallow: bytes are taken and never
    come; a connection that missed some is reset as soon as it would go on. unanswered_after_bytes: from
    here on no answer comes back, while the client's bytes still arrive: it must send them again.
    rate_bytes: a second, in each way, for all connections together. slice_bytes: written in pieces of 1
    to so many. 0 is off.
    """

    cut: bool = False
    hold: Side = "none"
    swallow: Side = "none"
    rate_bytes: int = 0
    latency_ms: int = 0
    jitter_ms: int = 0
    slice_bytes: int = 0
    close_after_bytes: int = 0
    reset_after_bytes: int = 0
    unanswered_after_bytes: int = 0
    lifetime_ms: int = 0

    def holds(self, way: Way) -> bool:
        return self.hold in (way, "both")

    def swallows(self, way: Way, sent_up: int) -> bool:
        """``sent_up``: bytes of the client that went through on this connection."""
        unanswered = 0 < self.unanswered_after_bytes <= sent_up
        return self.swallow in (way, "both") or (way == "down" and unanswered)

    def allowance(self, sent_up: int) -> tuple[int, End] | None:
        """How many bytes of the client still go through, and what then happens; None: no limit."""
        limits: list[tuple[int, End]] = [(self.close_after_bytes, "close"), (self.reset_after_bytes, "reset")]
        left = [(max(0, limit - sent_up), end) for limit, end in limits if limit]
        return min(left, default=None)

    def __str__(self) -> str:
        """The words that give these faults: ``parse(str(faults), Faults())`` is the same."""
        told = {each.name: getattr(self, each.name) for each in fields(self)}
        words = [_word(name, value) for name, value in told.items() if value not in (0, False, "none")]
        return " ".join(words) or "heal"


class Order(NamedTuple):
    """What a line of words asks for: the faults from now on, and what becomes of living connections."""

    faults: Faults
    end: End | None = None


def parse(words: str, before: Faults) -> Order:
    """``heal`` forgets all faults, ``cut`` cuts, ``reset``, ``close`` end what lives, ``name=value`` sets.

    Raises ConfigError that says what may stand there.
    """
    faults = before
    end: End | None = None
    for word in words.split():
        if word == "heal":
            faults = Faults()
        elif word == "cut":
            faults = replace(faults, cut=True)
        elif word in ("reset", "close"):
            end = "reset" if word == "reset" else "close"
        else:
            faults = _set(faults, word)
    return Order(faults, "close" if faults.cut and not before.cut and not end else end)


class Moment(NamedTuple):
    """A line of a script: ``seconds`` after the start."""

    seconds: float
    words: str


def parse_script(text: str) -> list[Moment]:
    """Lines ``SECONDS WORDS``, ``#`` begins a comment; raises ConfigError naming the line."""
    moments: list[Moment] = []
    for number, line in enumerate(text.splitlines(), 1):
        moment, _, words = line.partition("#")[0].strip().partition(" ")
        if not moment:
            continue
        try:
            moments.append(Moment(_seconds(moment, moments), words.strip()))
            parse(words, Faults())
        except ConfigError as error:
            raise ConfigError(f"line {number}: {error}") from None
    return moments


def _seconds(text: str, before: list[Moment]) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not (before[-1].seconds if before else 0.0) <= seconds <= LARGEST:
        raise ConfigError("a line begins with seconds since the start, never less than the line before")
    return seconds


def _set(faults: Faults, word: str) -> Faults:
    name, _, value = word.partition("=")
    if name in ("hold", "swallow"):
        if value not in SIDES:
            raise ConfigError(f"{name}: one of {', '.join(SIDES)}")
        return replace(faults, **dict[str, Any]({name: value}))
    known = [each.name for each in fields(Faults) if each.name != "cut"]
    if name not in known:
        raise ConfigError(
            f"unknown word; one of heal, cut, reset, close, {', '.join(f'{n}=' for n in known)}"
        )
    if not (value.isascii() and value.isdigit() and int(value[:11]) <= LARGEST):
        raise ConfigError(f"{name}: a whole number from 0 to {LARGEST}")
    return replace(faults, **dict[str, Any]({name: int(value)}))


def _word(name: str, value: object) -> str:
    return name if value is True else f"{name}={value}"
