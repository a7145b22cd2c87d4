"""What a link tells its owner: structs, because a line makes several for each frame."""

from msgspec import Struct


class Reply(Struct, frozen=True):
    """Bytes for the line, now."""

    data: bytes


class Piece(Struct, frozen=True):
    """The text of one frame of a message that goes on: commit it, then say so."""

    text: bytes


class Message(Struct, frozen=True):
    """A whole message, its frames joined; ``answered``: an ACK waits for its commit (else EOT ended it)."""

    text: bytes
    answered: bool


class Ended(Struct, frozen=True):
    """Bytes that will not become a message: keep them with the reason."""

    text: bytes
    reason: str


class Stray(Struct, frozen=True):
    """Bytes beside the messages: keep them with the reason; what is being received goes on."""

    raw: bytes
    reason: str


class Outcome(Struct, frozen=True):
    """Of a message that was to be sent; ``failure`` empty: its last frame was acknowledged."""

    token: object
    failure: str


class Noted(Struct, frozen=True):
    """Something to count; nothing was lost."""

    code: str


Event = Reply | Piece | Message | Ended | Stray | Outcome | Noted
