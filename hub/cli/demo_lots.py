"""Vaccine lots of the demo: what the simulated fridges and freezers keep, told as people tell it."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hub.clock import now_ms
from hub.control import SOCKET, ControlClient, ControlUnavailable
from hub.errors import OperatorError

BY = "demo"
AGAIN_SECONDS = 1.0
_MINUTE_MS = 60_000
# Lot, unit, product, doses, minutes ago, days until it expires. One part of a lot was taken out of the cold.
LOTS: tuple[tuple[str, str, str, int, int, int], ...] = (
    ("FD9234", "tu-am-sau-cdc-01", "comirnaty", 1170, 120, 150),
    ("FD9234~2", "tu-lanh-long-khanh-01", "comirnaty", 120, 60, 150),
    ("3002182", "tu-dong-cdc-01", "spikevax", 2400, 120, 90),
    ("ABX4312", "tu-lanh-cdc-01", "astrazeneca", 5000, 120, 60),
    ("2021050984", "tu-lanh-bvdn-01", "vero-cell", 800, 120, 300),
)
log = logging.getLogger(__name__)


async def place_lots(data: Path, ready: asyncio.Event) -> None:
    """Once the hub answers; then until cancelled nothing more."""
    await ready.wait()
    control = ControlClient(data / SOCKET)
    for row in LOTS:
        asked = _asked(*row)
        while True:
            if await _told(control, asked):
                break
            await asyncio.sleep(AGAIN_SECONDS)
    await asyncio.get_running_loop().create_future()


async def _told(control: ControlClient, asked: dict[str, Any]) -> bool:
    """Whether it was answered: a hub that just starts, or has no store, is not there yet."""
    try:
        answer = await control.call("lot.place", **asked)
    except (ControlUnavailable, OperatorError):
        return False
    if answer["outcome"] != "done":
        log.warning("a lot of the demo was refused", extra={"reason": answer["reason"]})
    return True


def _asked(lot: str, unit: str, product: str, doses: int, minutes: int, days: int) -> dict[str, Any]:
    expiry = (datetime.now(UTC) + timedelta(days=days)).date().isoformat()
    since_ms = now_ms() - minutes * _MINUTE_MS
    told = {"lot": lot, "unit": unit, "product": product, "doses": doses, "expiry": expiry}
    return told | {"from_ms": since_ms, "by": BY}
