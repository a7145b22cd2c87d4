"""What the edge's process answers to its own alarms beside it: their words go into the spool."""

from typing import Any

import msgspec

from hub.control import Answer, Handler
from hub.edge.edge import Edge
from hub.edge.encoder import Origin, note
from hub.errors import OperatorError
from hub.payloads import Alarm

ALARMS = "alarms"  # the device level of words of alarms, as at the hub
MOST_WORDS = 100


class Word(msgspec.Struct, frozen=True):
    """One ``alarm.v1``: ``key`` is the event's subject."""

    site: str
    at_ms: int
    key: str
    alarm: Alarm


def word_calls(edge: Edge) -> dict[str, Handler]:
    async def tell(words: list[Any]) -> Answer:
        """Answered when they are on the disk; raises NotCommitted."""
        try:
            told = msgspec.convert(words[:MOST_WORDS], list[Word])
        except msgspec.ValidationError as error:
            raise OperatorError("these are no words of alarms") from error
        origins = (Origin(word.site, edge.settings.id, ALARMS) for word in told)
        records = [
            note(origin, word.alarm, word.key, word.at_ms) for origin, word in zip(origins, told, strict=True)
        ]
        await edge.spool.commit(records)
        return {"outcome": "done"}

    return {"alarms.tell": tell}
