"""Serves a line on which records come without frames: one way, so nothing is ever asked for again."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace

from adapters.lab_analyzers.astm.unframed import RecordsCodec
from adapters.lab_analyzers.astm_device import AstmLink
from hub.contract import Frame, MalformedFrame
from hub.errors import EventTooLarge, NotCommitted
from hub.streams import Connection, pump

MESSAGE_SECONDS = 600.0  # 100 KB over 1200 baud would take longer; nobody sends so much so slowly
AGAIN_SECONDS = 2.0
log = logging.getLogger(__name__)


async def serve_unframed(
    connection: Connection,
    link: AstmLink,
    take: Callable[[Frame], Awaitable[bytes]],
    keep: Callable[[MalformedFrame], Awaitable[bytes]],
) -> None:
    """Until the line ends; raises nothing of the store's."""

    async def accept(found: Frame | MalformedFrame) -> bytes:
        """The sender keeps nothing: what cannot be stored waits here, and the line with it."""
        while True:
            try:
                if isinstance(found, MalformedFrame):
                    return await keep(replace(found, origin=connection.peer))
                return await take(replace(found, origin=connection.peer))
            except EventTooLarge:
                raise
            except NotCommitted as error:
                log.warning("not committed", extra={"peer": connection.peer, "reason": str(error)})
                await asyncio.sleep(AGAIN_SECONDS)

    codec = RecordsCodec(link.message_max_bytes)
    await pump(connection, codec, accept, idle_seconds=link.silence_seconds, frame_seconds=MESSAGE_SECONDS)
