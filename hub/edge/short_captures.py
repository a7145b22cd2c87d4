"""Captures that may not stay as long as others: discarded where nobody has decided, then deleted."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from hub.contract import Adapter
from hub.edge.capture_commands import CaptureCommands
from hub.edge.replay import discard
from hub.errors import NotCommitted, OperatorError
from hub.spool import Spool
from hub.spool.upkeep import SLICE_ROWS
from hub.streams.clock import now_ms

LOOK_SECONDS = 3600.0
HOUR_MS = 3_600_000
log = logging.getLogger(__name__)


async def end_short_captures(
    spool: Spool, adapters: Mapping[str, Adapter[Any]], captures: CaptureCommands
) -> None:
    """Until cancelled: at the start and hourly, by the ``CAPTURE_HOURS`` of the edge's adapters."""
    kinds: defaultdict[int, set[str]] = defaultdict(set)
    for adapter in adapters.values():
        if adapter.CAPTURE_HOURS is not None:
            kinds[adapter.CAPTURE_HOURS].add(adapter.config.kind)
    while kinds:
        for hours, names in kinds.items():
            try:
                await end_captures(spool, captures, tuple(sorted(names)), now_ms() - hours * HOUR_MS)
            except (NotCommitted, OperatorError) as error:
                log.warning("captures not ended", extra={"reason": str(error)})
        await asyncio.sleep(LOOK_SECONDS)


async def end_captures(
    spool: Spool, captures: CaptureCommands, kinds: tuple[str, ...], before_ms: int
) -> None:
    """Told before it is gone: the hub hears DISCARDED of what waited. Raises NotCommitted, OperatorError."""
    while waiting := await spool.waiting_before(kinds, before_ms, SLICE_ROWS):
        for name in waiting:
            capture = await spool.load_capture(name)
            await discard(spool, captures.outlet_of(capture), capture)
    ended = SLICE_ROWS
    while ended == SLICE_ROWS:
        ended = await spool.end_captures(kinds, before_ms)
