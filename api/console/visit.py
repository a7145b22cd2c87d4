"""One open page: who looks, in which language, and what the page gets to show."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from api.access import Identity
from api.console.board import Board
from api.console.wording import Wording
from api.deck import Deck
from api.settings import BY_STORE, Role
from hub.events import UNATTRIBUTED

Tick = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Visit:
    """What a page is built for."""

    deck: Deck
    board: Board
    say: Wording
    who: Identity
    dark: bool
    path: str = "/"  # of the page, as it was asked for
    session: str = field(default="", repr=False)  # of who signed in

    def stay_signed_in(self) -> None:
        """For a page that is looked at all day and never touched: its pictures need the session, too."""
        self.deck.access.sessions.renew(self.session)

    def site_name(self, site: str | None) -> str:
        names = {told["id"]: told.get("name") or told["id"] for told in self.deck.settings.sites}
        return names.get(site or "", site or "—")

    def device_name(self, device: str | None) -> str:
        """Its id; in words where nobody knows which device it was."""
        return device if device and device != UNATTRIBUTED else self.say("quarantine.unattributed")


@dataclass(frozen=True, slots=True)
class ConsolePage:
    """A page: ``build`` makes its elements and gives what renews them, called once a second."""

    path: str
    name: str  # key in the texts: nav.<name>
    order: int
    icon: str
    build: Callable[[Visit], Tick]
    role: str = "reporter"
    at: tuple[Role, ...] = BY_STORE  # whose consoles have it
    of_ledger: bool = False  # an edge alone with a ledger of its own has it, too
    under: str = ""  # the page of the menu that leads to it; empty: the menu has it itself
