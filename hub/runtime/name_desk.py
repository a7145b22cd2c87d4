"""What an edge answers on its local socket to who must name persons: pseudonyms, and nothing is kept."""

from hub.control import Answer, Handler
from hub.edge.edge import Edge
from hub.errors import OperatorError
from hub.intake_limits import MOST_AT_ONCE

LABEL = "label"
_KINDS = ("vnid", LABEL)
_LONGEST = 64


class NameDesk:
    """Answers for one running edge; never writes a number into a log or an answer."""

    def __init__(self, edge: Edge) -> None:
        self._pseudonyms = edge.pseudonyms

    def calls(self) -> dict[str, Handler]:
        return {"names": self.names}

    async def names(self, asked: list[list[str]]) -> Answer:
        """{names}: one for each [kind, value], in their order; a ``label`` is a specimen's or an order's."""
        if len(asked) > 3 * MOST_AT_ONCE:
            raise OperatorError("too many names at once")
        return {"names": [self._name(*each) for each in asked]}

    def _name(self, kind: str, value: str) -> str:
        if kind not in _KINDS or len(value) > _LONGEST:
            raise OperatorError("no such kind of name")
        return self._pseudonyms.label(value) if kind == LABEL else self._pseudonyms.person(kind, value)
