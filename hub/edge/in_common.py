"""What the devices of one edge have in common: made when the first asks, gone with the edge."""

from collections.abc import Callable
from typing import TypeVar, cast

S = TypeVar("S")


class InCommon:
    """By what makes it, so that families which know nothing of each other never meet."""

    def __init__(self) -> None:
        self._made: dict[Callable[[], object], object] = {}

    def of(self, make: Callable[[], S]) -> S:
        if make not in self._made:
            self._made[make] = make()
        return cast(S, self._made[make])
