"""Pieces of messages that are not whole yet: durable before each is acknowledged, gone with the whole."""

from dataclasses import dataclass
from typing import Any

import apsw

from hub.vault import Sealer

_DELETE = "DELETE FROM piece WHERE message = ?"


@dataclass(frozen=True, slots=True)
class KeepPiece:
    """A piece of work for the committer."""

    sealer: Sealer
    message: str
    device: str
    raw: bytes
    received_ms: int

    def apply(self, db: apsw.Connection) -> None:
        sealed = self.sealer.seal(self.message.encode(), self.raw)
        db.execute(
            "INSERT INTO piece (message, device, received_ms, sealed) VALUES (?,?,?,?)",
            (self.message, self.device, self.received_ms, sealed),
        )


def forget_pieces(db: apsw.Connection, message: str) -> None:
    """In the transaction that commits the whole, or what is left of it."""
    db.execute(_DELETE, (message,))


def unfinished(db: apsw.Connection, sealer: Sealer, device: str) -> dict[str, bytes]:
    """What each message of ``device`` has so far; raises OperatorError for what cannot be opened."""
    rows: list[Any] = db.execute(
        "SELECT message, sealed FROM piece WHERE device = ? ORDER BY n", (device,)
    ).fetchall()
    joined: dict[str, bytes] = {}
    for message, sealed in rows:
        joined[message] = joined.get(message, b"") + sealer.open(message.encode(), sealed)
    return joined
