"""What the edge beside us tells of its messages: listed, found by specimen, read again; never raw."""

from typing import Any

from api.link import ANSWER_SECONDS, Line
from api.problems import Problem, not_found
from hub.errors import OperatorError
from hub.events import format_time
from storage.contract import Row

_READ_SECONDS = 10.0  # a message of megabytes is read with its profile


class MessageCalls(Line):
    """Raises Problem 503 ``edge.away`` where the edge does not answer."""

    async def messages(self, **wanted: Any) -> tuple[list[Row], Any]:
        """(messages, the next ``before``); raises Problem 422 when there is too much to look through.

        ``wanted``: device, state, from_ms, to_ms, limit, before, named (captures as hex).
        """
        try:
            told = await self._call("messages.page", ANSWER_SECONDS, **wanted)
        except OperatorError as error:
            raise Problem(422, "range.too_long", "Too much to look through: name a shorter time.") from error
        return [message_row(row) for row in told["items"]], told["next"]

    async def message(self, capture: str) -> Row:
        """One message with ``facts`` and ``problems`` of today's profile; raises Problem 404."""
        try:
            told = await self._call("messages.read", _READ_SECONDS, capture=capture)
        except OperatorError as error:
            raise not_found("capture") from error
        row = message_row(told)
        return row | {
            "read": told["read"],
            "answered": told["answered"],
            "facts": [_fact(fact) for fact in told["facts"]],
            "more_facts": told["more_facts"],
            "trouble": told["problems"],
        }

    async def captures_of(self, specimen: str) -> tuple[list[str], int | None]:
        """(captures, how far back was looked in Unix ms), by the events that the edge still keeps."""
        told = await self._asked("messages.find", specimen=specimen)
        return list(told["captures"]), told["since_ms"]

    async def runs(
        self, device: str, limit: int, before: tuple[int, int] | None
    ) -> tuple[list[dict[str, Any]], Any]:
        """(runs as hub.runtime.run_desk tells them, the next ``before``); raises Problem 422."""
        place = {} if before is None else {"before": before}
        try:
            told = await self._call("runs.page", _READ_SECONDS, device=device, limit=limit, **place)
        except OperatorError as error:
            raise Problem(422, "range.too_long", "Too much to look through.") from error
        return told["items"], told["next"]

    async def analyzers(self) -> tuple[list[Row], dict[str, Any]]:
        """(devices as hub.runtime.analyzer_desk tells them, {looked_at, since})."""
        told = await self._asked("analyzers.list")
        looked = {"looked_at": told["looked_at"], "since": _time(told["since_ms"])}
        return [analyzer_row(row) for row in told["items"]], looked

    async def follow(self, specimen: str, captures: list[str]) -> dict[str, Any]:
        """{items, quarantined}; see hub.runtime.journey_desk."""
        try:
            return await self._call("journeys.follow", _READ_SECONDS, specimen=specimen, captures=captures)
        except OperatorError as error:
            raise Problem(422, "range.too_long", "Too much to look through.") from error


def state_of(row: Row) -> str:
    """quarantined, problems (settled), unmapped, understood, or unopened where nobody looked into it."""
    if row["waiting"]:
        return "quarantined"
    if row["digest"] is None:
        return "problems" if row["problems"] else "unopened"
    if row["digest"]["unmapped"]:
        return "unmapped"
    return "problems" if row["problems"] else "understood"


def message_row(told: dict[str, Any]) -> Row:
    """One kept message; ``digest`` says what is in it, null where it was not opened."""
    row: Row = {
        "id": told["capture"],
        "type": "capture",
        "site": told["site"],
        "device": told["device"],
        "received": format_time(told["received_ms"]),
        **{name: told[name] for name in ("adapter", "bytes", "problems", "waiting", "parts", "digest")},
        "forwards": [_delivery(each) for each in told["forwards"]],
    }
    return row | {"state": state_of(row)}


def analyzer_row(told: dict[str, Any]) -> Row:
    """One device by what it sent lately; ``messages``: counters since the edge's start."""
    kept = ("id", "site", "kind", "state", "reason", "clock_offset_s", "hours", "unmapped", "more_unmapped")
    return {
        "type": "analyzer",
        "device": told["id"],
        "since": _time(told["since_ms"]),
        "last_message": _time(told["last_message_ms"]),
        **{name: told[name] for name in (*kept, "quarantined", "messages", "forwards")},
    }


def _time(at_ms: int | None) -> str | None:
    return None if at_ms is None else format_time(at_ms)


def _delivery(told: dict[str, Any]) -> Row:
    kept = {name: told[name] for name in ("forward", "state", "tries", "code")}
    return kept | {"at": format_time(told["at_ms"])}


def _fact(told: dict[str, Any]) -> Row:
    kept = {name: told[name] for name in ("id", "type", "key", "change", "repeat", "data")}
    return kept | {"time": format_time(told["time_ms"])}
