"""What a link tells its owner."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reply:
    """Bytes for the line, now."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Piece:
    """The text of one frame of a message that goes on: commit it, then say so."""

    text: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """A whole message, its frames joined; ``answered``: an ACK waits for its commit (else EOT ended it)."""

    text: bytes
    answered: bool


@dataclass(frozen=True, slots=True)
class Ended:
    """Bytes that will not become a message: keep them with the reason."""

    text: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class Stray:
    """Bytes beside the messages: keep them with the reason; what is being received goes on."""

    raw: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of a message that was to be sent; ``failure`` empty: its last frame was acknowledged."""

    token: object
    failure: str


@dataclass(frozen=True, slots=True)
class Noted:
    """Something to count; nothing was lost."""

    code: str


Event = Reply | Piece | Message | Ended | Stray | Outcome | Noted
