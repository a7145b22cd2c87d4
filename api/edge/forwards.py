"""Forwards over the local socket of the edge beside us: queues, deliveries, decisions with their audit."""

from dataclasses import dataclass
from typing import Any, Literal

from api.link import ANSWER_SECONDS, SETTLE_SECONDS, Line
from api.problems import Problem
from hub.edge.audit import NOT_KEPT
from hub.errors import OperatorError
from hub.events import format_time
from storage.contract import Row

Choice = Literal["retry", "skip"]


@dataclass(frozen=True, slots=True)
class Decider:
    """Who decides: the key's id, by which door, and who is signed in."""

    by: str
    through: Literal["api", "console"]
    session: str = ""


class ForwardCalls(Line):
    """Raises Problem 503 where the edge does not answer."""

    async def forwards(self) -> list[Row]:
        """Each queue: {id device to waiting dead trouble connected delivered …}."""
        return [queue_row(told) for told in (await self._asked("forward.queues"))["items"]]

    async def deliveries(self, **wanted: Any) -> tuple[list[Row], int | None]:
        """(deliveries, the next ``before``); ``wanted``: forward, state, limit, before."""
        try:
            told = await self._call("forward.list", ANSWER_SECONDS, **wanted)
        except OperatorError as error:
            raise Problem(422, "range.too_long", "Too much to look through.") from error
        return [delivery_row(row) for row in told["items"]], told["next"]

    async def decide(self, choice: Choice, forward: str, capture: str, who: Decider) -> int:
        """How many deliveries changed; ``capture`` "": all that were given up.

        The audit row is on disk before anything changes; raises Problem 409 or 503.
        """
        asked = {"forward": forward, "capture": capture, "by": who.by, "through": who.through}
        try:
            told = await self._call(f"forward.{choice}", SETTLE_SECONDS, **asked, session=who.session)
        except OperatorError as error:
            if str(error).startswith(NOT_KEPT):
                raise Problem(
                    503, "audit.unavailable", "The audit row could not be kept, so nothing is done."
                ) from error
            raise Problem(
                409, "forward.settled", "Nothing of it is owed, or it is settled already."
            ) from error
        return int(told["changed"])

    async def decisions(self, limit: int) -> list[Row]:
        """The audit of decisions, the newest first."""
        told = await self._asked("decisions.list", limit=limit)
        return [{"id": None, "type": "audit.decision", "time": row["at"], **row} for row in told["items"]]


def queue_row(told: dict[str, Any]) -> Row:
    """``connected`` and counters are since the edge's start; null where no configuration names it."""
    here = bool(told["to"])
    counters = ("connected", "delivered", "repeated", "dropped")
    last = told.get("delivered_ms")
    return {
        "id": told["id"],
        "type": "forward",
        "device": told["device"] or None,
        "to": told["to"] or None,
        "waiting": told["waiting"],
        "dead": told["dead"],
        "trouble": told.get("trouble") or "",
        **{name: told.get(name) if here else None for name in counters},
        "last_delivered": format_time(last) if last else None,
    }


def delivery_row(told: dict[str, Any]) -> Row:
    """One message on its way to one other system; ``time``: of the last change."""
    kept = {name: told[name] for name in ("forward", "capture", "state", "tries", "code", "bytes")}
    return {
        "id": f"{told['forward']}/{told['capture']}",
        "type": "delivery",
        "device": told["device"],
        "time": format_time(told["at_ms"]),
        "received": format_time(told["received_ms"]),
        **kept,
    }
