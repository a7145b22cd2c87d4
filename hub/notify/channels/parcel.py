"""What a channel is given, and what it answers."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

from hub.notify.wording import Text

NO_ANSWER = "no_answer"


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message for one address. ``name`` is the same whenever it is sent again.

    ``told``: the notices in it as codes, for machines; ``address`` is empty where the channel needs none.
    """

    name: str
    person: str
    address: str
    reply: str
    text: Text
    told: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class Delivery:
    """``code`` is ours: delivered, no_answer, http.404, smtp.550, cms.38 …; never words of the other side."""

    outcome: Literal["delivered", "again", "refused"]
    code: str


DELIVERED = Delivery("delivered", "delivered")


class Sender(Protocol):
    """One channel. ``at_once``: how many parcels it takes side by side."""

    at_once: int

    async def send(self, parcel: Parcel) -> Delivery:
        """Bounded in time; raises nothing but a cancel."""
        ...


@runtime_checkable
class Hears(Protocol):
    """A channel over which people answer."""

    async def run(self, heard: Callable[[str, str], Awaitable[object]]) -> None:
        """Give number and text of each answer to ``heard``, until cancelled."""
        ...
