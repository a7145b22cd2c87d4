"""Who paused or resumed a projection: in the log before anything is changed."""

import secrets

from hub.clock import now_ms
from hub.edge.audit import NOT_KEPT
from hub.errors import OperatorError, StoreUnavailable
from hub.payloads import Audited
from hub.runtime.hub import Hub
from hub.sink.born import born

# The devices of the audit's events.
PROJECTIONS, DESTINATIONS = "projections", "destinations"


class ProjectionAudit:
    """Its events are at the site of the hub."""

    device = PROJECTIONS

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def note(self, by: str, action: str, name: str) -> None:
        """On disk when it returns; raises OperatorError, then nothing may be done."""
        key = secrets.token_hex(8)
        told = born(self._hub.place.site, Audited(by, action, name, key), key, now_ms(), self.device)
        try:
            await self._hub.bear([told])
        except StoreUnavailable as error:
            raise OperatorError(f"{NOT_KEPT}; nothing is done") from error


class DestinationAudit(ProjectionAudit):
    """The same of destinations and webhooks."""

    device = DESTINATIONS
