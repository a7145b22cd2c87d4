"""What an edge told, out of its own spool."""

import logging
from collections.abc import Sequence

import apsw
import msgspec

from hub.contract import Recalled
from hub.errors import StoreUnavailable
from hub.events import InvalidEvent, decode_event, parse_time
from hub.payloads import Payload
from hub.spool import Row, Spool

log = logging.getLogger(__name__)


async def recalled(spool: Spool, types: Sequence[type[Payload]], since_ms: int) -> list[Recalled]:
    """Oldest first; a row that another version of epihub wrote and nobody understands is left out."""
    by_level = {kind.TYPE.replace(".", "-"): kind for kind in types}
    try:
        return await spool.recall(
            frozenset(by_level), since_ms, lambda row: _told(row, by_level[row.topic.rpartition("/")[2]])
        )
    except apsw.Error as error:
        raise StoreUnavailable(f"the spool cannot be read: {type(error).__name__}") from error


def _told(row: Row, kind: type[Payload]) -> Recalled | None:
    try:
        event = decode_event(row.body)
        payload = msgspec.json.decode(event.data, type=kind)
    except (InvalidEvent, msgspec.DecodeError):
        log.warning("own event not understood", extra={"type": kind.TYPE, "seq": row.seq})
        return None
    return Recalled(event.device, payload, parse_time(event.time), parse_time(event.received))
