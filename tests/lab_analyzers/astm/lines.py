"""A link whose owner commits at once, and the frames that its sender sends."""

from dataclasses import dataclass, field

from adapters.lab_analyzers.astm.events import Ended, Event, Message, Noted, Outcome, Piece, Reply, Stray
from adapters.lab_analyzers.astm.frames import encode
from adapters.lab_analyzers.astm.link import Link
from adapters.lab_analyzers.astm.policy import Policy

RECORDS = (
    b"H|\\^&|||GeneXpert PC^GeneXpert^6.3|||||LIS||P|1394-97|20210820144159\r",
    b"P|1\r",
    b"O|1|S-1||^^^COV|R\r",
    b"R|1|^COV^^SARSCOV2|NEGATIVE^|||||F\r",
    b"L|1|N\r",
)
MESSAGE = b"".join(RECORDS)


def framed(*texts: bytes, first: int = 1) -> bytes:
    """Each text a frame that ETX ends, numbered from ``first`` on."""
    return b"".join(encode((first + at) % 8, text, last=True) for at, text in enumerate(texts))


SESSION = b"\x05" + framed(*RECORDS) + b"\x04"


@dataclass
class Line:
    """Our end of a line: what it said, and what its owner was given."""

    link: Link = field(default_factory=lambda: Link(Policy()))
    now: float = 0.0
    refuse: int = 0  # how many commits fail first
    said: bytes = b""
    messages: list[bytes] = field(default_factory=list)
    pieces: list[bytes] = field(default_factory=list)
    ended: list[tuple[bytes, str]] = field(default_factory=list)
    noted: list[str] = field(default_factory=list)
    outcomes: list[tuple[object, str]] = field(default_factory=list)

    def hear(self, data: bytes) -> bytes:
        """What the line says to ``data``."""
        return self._all(self.link.receive(data, self.now))

    def wait(self, seconds: float) -> bytes:
        self.now += seconds
        return self._all(self.link.tick(self.now))

    def close(self) -> None:
        self._all(self.link.close())

    def _all(self, events: list[Event]) -> bytes:
        before = len(self.said)
        while events:
            events = [later for event in events for later in self._one(event)]
        return self.said[before:]

    def _one(self, event: Event) -> list[Event]:
        match event:
            case Reply(data):
                self.said += data
            case Piece(text):
                return self._commit(self.pieces, text)
            case Message(text, answered):
                if not answered:
                    self.messages.append(text)
                    return []
                return self._commit(self.messages, text)
            case Ended(text, reason) | Stray(text, reason):
                self.ended.append((text, reason))
            case Noted(code):
                self.noted.append(code)
            case Outcome(token, failure):
                self.outcomes.append((token, failure))
        return []

    def _commit(self, kept: list[bytes], text: bytes) -> list[Event]:
        if self.refuse:
            self.refuse -= 1
            return self.link.refused(self.now)
        kept.append(text)
        return self.link.committed(self.now)
