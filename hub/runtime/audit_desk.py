"""What a hub answers on its local socket about the audit: notes of the API's process, put into the chain."""

from typing import Any

import msgspec

from hub.control import Answer, Handler
from hub.errors import OperatorError
from storage.audit import AuditNote
from storage.contract import EventStore


class AuditDesk:
    """One transaction for all notes of a call; a note that is there already is passed by."""

    def __init__(self, store: EventStore) -> None:
        self._store = store

    def calls(self) -> dict[str, Handler]:
        return {"audit.note": self.note}

    async def note(self, notes: list[Any]) -> Answer:
        """{number, hash} of the chain's last row. Each of ``notes``: the fields of AuditNote in order."""
        try:
            told = msgspec.convert(notes, list[AuditNote])
            head = await self._store.note_audit(told)
        except (msgspec.ValidationError, ValueError) as error:
            raise OperatorError("no audit notes") from error
        return {"number": head.number, "hash": head.hash.hex()}
