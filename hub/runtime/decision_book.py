"""Decisions of people about deliveries and orders: noted in the edge's audit before they are carried out."""

import os

from hub.edge.audit import By, Decision, DecisionTrail
from hub.edge.edge import Edge
from hub.events import format_time
from hub.streams.clock import now_ms

DECISIONS = "decisions.jsonl"
_LONGEST_WHAT = 128


class DecisionBook:
    """The audit file of one edge."""

    def __init__(self, edge: Edge) -> None:
        self.trail = DecisionTrail(edge.settings.keys.parent / "audit" / DECISIONS)

    async def note(
        self, action: str, what: str, by: str, through: By, *, capture: str = "", session: str = ""
    ) -> None:
        """On disk when it returns; raises OperatorError, then nothing may be done.

        ``by`` "": the account that this process runs under.
        """
        who = by or f"uid {os.getuid()}"
        row = Decision(
            format_time(now_ms()), who, through, action, what[:_LONGEST_WHAT], capture[:64], session
        )
        await self.trail.write(row)
