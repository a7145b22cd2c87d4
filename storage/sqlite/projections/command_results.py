"""command.result.v1: how each command ended, by its id."""

from hub.payloads import CommandResult
from storage.admission import Stored
from storage.sqlite.session import Session

TYPE = CommandResult.TYPE

_UPSERT = """
INSERT INTO command_result (edge, command, number, epoch, seq) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (edge, command) DO UPDATE
SET number = excluded.number, epoch = excluded.epoch, seq = excluded.seq
WHERE (excluded.epoch, excluded.seq) > (command_result.epoch, command_result.seq)
"""


def apply(session: Session, stored: Stored, payload: CommandResult) -> None:
    """The last word of an edge on a command stands."""
    event = stored.event
    session.connection.execute(_UPSERT, (event.edge, payload.command, stored.number, stored.epoch, event.seq))
