"""What a running edge gives its streams: set once by the runtime, inherited by every task below it."""

from contextvars import ContextVar
from dataclasses import dataclass, field

from hub.mqtt.connection import BrokerAddress
from hub.streams.http import RouteBook


@dataclass(frozen=True, slots=True)
class Surroundings:
    """``bus``: where devices publish if they name no broker; ``session``: prefix of client ids."""

    session: str = "epihub"
    bus: BrokerAddress | None = None
    routes: RouteBook = field(default_factory=RouteBook)


current: ContextVar[Surroundings] = ContextVar("epihub_surroundings")


def surroundings() -> Surroundings:
    return current.get(Surroundings())
