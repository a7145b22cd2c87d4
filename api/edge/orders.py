"""Orders over the local socket of the edge beside us (hub.runtime.order_desk)."""

from collections.abc import Sequence
from typing import Any, Literal

from api.link import ANSWER_SECONDS, Line
from api.problems import Problem, not_found
from hub.errors import OperatorError
from hub.events import format_time
from storage.contract import Row

_PLACE_SECONDS = 20.0
_DETAILS = {
    "other_content": "An order of this number stands with other content, and a device may have it: cancel"
    " it and place the new one under a number of its own.",
    "resulted": "Its results are here already.",
    "full": "As many orders are open as an edge takes: cancel what nobody needs any more.",
}


class OrderCalls(Line):
    """Raises Problem 503 where the edge does not answer."""

    async def place_orders(
        self,
        orders: Sequence[dict[str, Any]],
        by: str,
        through: Literal["api", "console"] = "api",
        session: str = "",
    ) -> list[Row]:
        """How the orders stand, committed, without tests and results.

        Raises Problem 404, 409, 422 or 503: nothing was changed.
        """
        try:
            told = await self._call(
                "orders.place", _PLACE_SECONDS, orders=orders, by=by, through=through, session=session
            )
        except OperatorError as error:
            retry = {"Retry-After": "10"}
            raise Problem(
                503, "orders.refused", "Nothing was stored; send it again later.", headers=retry
            ) from error
        if refused := told.get("refused"):
            raise _refusal(refused)
        return [_standing_row(row) for row in told["items"]]

    async def orders(self, **wanted: Any) -> tuple[list[Row], int | None]:
        """(orders, the next ``before``); ``wanted``: specimen, state, device, limit, before."""
        try:
            told = await self._call("orders.list", ANSWER_SECONDS, **wanted)
        except OperatorError as error:
            raise Problem(422, "range.too_long", "Too much to look through: name a specimen.") from error
        return [order_row(row) for row in told["items"]], told["next"]

    async def order(self, number: str) -> Row:
        """Raises Problem 404."""
        found = (await self._asked("orders.show", order=number))["item"]
        if found is None:
            raise not_found("order")
        return order_row(found)

    async def orderable(self) -> list[Row]:
        """Each analyzer, by name: id, site, and ``tests`` ({code text}) that its profile names."""
        items: list[Row] = (await self._asked("orders.tests"))["items"]
        return [row | {"type": "analyzer", "device": row["id"]} for row in items]

    async def order_book(self) -> dict[str, int]:
        """{placed sent most}: how many are open, and how many may be."""
        return await self._asked("orders.book")


def order_row(told: dict[str, Any]) -> Row:
    """One order; ``results`` by test: which event, of which device, and when it came."""
    results = [_result(result) for result in told["results"]]
    return _standing_row(told) | {"tests": told["tests"], "results": results}


def _standing_row(told: dict[str, Any]) -> Row:
    named = ("order", "specimen", "priority", "specimen_type", "state", "placed_by", "sent_to", "refused_by")
    return {
        "id": told["order"],
        "type": "order",
        "site": told["site"],
        "device": told["device"] or None,
        "time": _time(told["collected_ms"]),
        "received": _time(told["placed_ms"]),
        **{name: told[name] for name in named},
        "changed": _time(told["at_ms"]),
        "sent": _time(told["sent_ms"]),
        "refused": _time(told["refused_ms"]),
        "to_be_recalled": told["recall"],
    }


def _result(told: dict[str, Any]) -> Row:
    return {name: told[name] for name in ("test", "device", "event")} | {"received": _time(told["at_ms"])}


def _time(at_ms: int | None) -> str | None:
    return None if at_ms is None else format_time(at_ms)


def _refusal(refused: Sequence[dict[str, Any]]) -> Problem:
    """The first reason gives the status; ``errors`` names every item, by its place in the list."""
    code = str(refused[0]["code"])
    errors = [{"field": f"{each['item']}.{each['field']}", "code": each["code"]} for each in refused[:20]]
    if code == "full":
        retry = {"Retry-After": "60"}
        return Problem(503, "orders.full", _DETAILS[code], headers=retry, errors=errors)
    if code in _DETAILS:
        return Problem(409, f"order.{code}", _DETAILS[code], errors=errors)
    if code == "unknown" and refused[0]["field"] == "order":
        return Problem(404, "order.unknown", "There is no such order.", errors=errors)
    return Problem(422, "request.invalid", "The request does not fit the description.", errors=errors)
