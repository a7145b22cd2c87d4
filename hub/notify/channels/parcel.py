"""What a channel is given, and what it answers."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

from hub.notify.wording import Text

NO_ANSWER = "no_answer"
# Sender and text of an answer; it returns once what the answer says is committed.
Heard = Callable[[str, str], Awaitable[object]]


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
    """A channel over which people answer; ``trouble``: why they are not heard, a code, empty if they are."""

    trouble: str

    async def run(self, heard: Heard) -> None:
        """Give number, chat or address and the text of each answer to ``heard``, until cancelled."""
        ...


@runtime_checkable
class Sounds(Protocol):
    """A channel that goes on until somebody says that he comes: a siren, a lamp."""

    most_seconds: float
    button_person: str

    def sound(self, incidents: Collection[str], seconds: float) -> None:
        """For these, so long at most."""
        ...

    def look(self) -> None:
        """Something may have changed in the ledger."""
        ...

    async def watch(
        self,
        calling: Callable[[Collection[str]], Awaitable[set[str]]],
        pressed: Callable[[Collection[str]], None],
        troubled: Callable[[str], None],
    ) -> None:
        """Until cancelled: which incidents still call is asked, the button and troubles are told."""
        ...
