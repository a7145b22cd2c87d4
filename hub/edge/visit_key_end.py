"""The end of visits' keys: daily, what visits were called in weeks long past goes (design 4)."""

import asyncio
import logging

from hub.edge.standstill import Alarm
from hub.edge_pseudonyms import EdgePseudonyms
from hub.errors import ConfigError

DAY_SECONDS = 86_400
log = logging.getLogger(__name__)


async def destroy_visit_keys(pseudonyms: EdgePseudonyms, alarm: Alarm) -> None:
    """Until cancelled. A key that cannot be destroyed is told, and tried again the next day."""
    while True:
        try:
            for each in await asyncio.to_thread(pseudonyms.destroy_due):
                log.info("key of visits destroyed", extra={"week": each.week, "key": each.key})
        except (OSError, ConfigError) as error:
            alarm(
                "visit_key.kept", "warning", f"a week's key could not be destroyed ({type(error).__name__})"
            )
        await asyncio.sleep(DAY_SECONDS)
