"""command.result.v1: how each command ended, by its id."""

from hub.payloads import CommandResult
from storage.admission import Stored
from storage.postgres.entries import Entry
from storage.postgres.session import Session

TYPE = CommandResult.TYPE

_UPSERT = """
INSERT INTO command_result (edge, command, number, epoch, seq) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (edge, command) DO UPDATE
SET number = excluded.number, epoch = excluded.epoch, seq = excluded.seq
WHERE (excluded.epoch, excluded.seq) > (command_result.epoch, command_result.seq)
"""


def prepare(stored: Stored, payload: CommandResult) -> str:
    """The command's id."""
    return payload.command


async def apply(session: Session, entries: list[Entry]) -> None:
    """The last word of an edge on a command stands."""
    rows = [
        (
            entry.stored.event.edge,
            entry.prepared,
            entry.stored.number,
            entry.stored.epoch,
            entry.stored.event.seq,
        )
        for entry in entries
    ]
    await session.connection.executemany(_UPSERT, rows)
