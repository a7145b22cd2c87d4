"""Opening a gate by hand, over the local socket of the hub or of the edge beside us."""

from collections.abc import Awaitable
from typing import Any

from api.problems import Problem, not_found
from hub.edge.audit import NOT_KEPT
from hub.errors import OperatorError

OPEN_SECONDS = 20.0  # a command lives ten seconds, and its end travels by the store


async def opened(asked: Awaitable[dict[str, Any]]) -> dict[str, str]:
    """{outcome reason command}; raises Problem 404, 422 or 503: then nothing was sent."""
    try:
        told = await asked
    except OperatorError as error:
        raise _refusal(str(error)) from error
    return {name: str(told.get(name, "")) for name in ("outcome", "reason", "command")}


def settled(told: dict[str, str]) -> dict[str, str]:
    """The same when it opened; raises Problem 409, 502 or 504 with what is known."""
    known: dict[str, Any] = {"reason": told["reason"], "command": told["command"]}
    match told["outcome"]:
        case "done":
            return told
        case "refused":
            raise Problem(409, "gate.refused", "The gate refused; nothing moved.", **known)
        case "failed":
            raise Problem(502, "gate.failed", "It was tried; whether it opened is not known.", **known)
        case "expired":
            raise Problem(504, "edge.too_late", "The gate heard of it too late; nothing moved.", **known)
    raise Problem(504, "edge.no_answer", "No answer of the gate's edge; the command has expired.", **known)


def opening_rows(told: dict[str, Any]) -> list[dict[str, Any]]:
    """As lists show them."""
    named = {"type": "audit.gate_opening"}
    return [{"id": row["command"], **named, "time": row["at"], **row} for row in told["items"]]


def _refusal(text: str) -> Problem:
    if text.startswith(NOT_KEPT):
        return Problem(503, "audit.unavailable", "The audit row could not be kept, so nothing is done.")
    if text == "gate.unknown":
        return not_found("gate")
    return Problem(422, "reason.missing", "Say why, in 5 to 500 characters.")
