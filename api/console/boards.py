"""Boards by scope: whoever may see the same shares one, and no page sees more than its visitor may."""

from collections import OrderedDict
from zoneinfo import ZoneInfo

from api.console.board import Board
from api.deck import Deck
from api.scope import Scope

_MOST = 100


class Boards:
    """The board that all share who have no scope, and one for each scope that looks."""

    def __init__(self, deck: Deck, zone: ZoneInfo) -> None:
        self.zone = zone
        self._whole = deck, Board(deck, zone)
        self._scoped: OrderedDict[Scope, tuple[Deck, Board]] = OrderedDict()

    def of(self, scope: Scope | None) -> tuple[Deck, Board]:
        """The deck that is held to ``scope``, and its board; the one asked for longest ago goes first."""
        if scope is None:
            return self._whole
        if scope not in self._scoped:
            mine = self._whole[0].narrowed(scope)
            self._scoped[scope] = mine, Board(mine, self.zone)
        self._scoped.move_to_end(scope)
        while len(self._scoped) > _MOST:
            self._scoped.popitem(last=False)
        return self._scoped[scope]
