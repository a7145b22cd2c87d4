"""How a command to a device ended, as an answer of the API."""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

from api.problems import Problem, not_found
from hub.edge.audit import NOT_KEPT
from hub.errors import OperatorError

ASK_SECONDS = 20.0  # a command lives ten seconds, and its end travels by the store


@dataclass(frozen=True, slots=True)
class EndWords:
    """What is said of a family's commands; ``family`` begins the codes: gate.refused."""

    family: str
    refused: str
    failed: str
    too_late: str
    no_answer: str


async def asked_for(family: str, asking: Awaitable[dict[str, Any]]) -> dict[str, str]:
    """{outcome reason command}; raises Problem 404, 422 or 503: then nothing was sent."""
    try:
        told = await asking
    except OperatorError as error:
        raise _refusal(family, str(error)) from error
    return {name: str(told.get(name, "")) for name in ("outcome", "reason", "command")}


def settled(told: dict[str, str], words: EndWords) -> dict[str, str]:
    """The same when it was done; raises Problem 409, 502 or 504 with what is known."""
    known: dict[str, Any] = {"reason": told["reason"], "command": told["command"]}
    match told["outcome"]:
        case "done":
            return told
        case "refused":
            raise Problem(409, f"{words.family}.refused", words.refused, **known)
        case "failed":
            raise Problem(502, f"{words.family}.failed", words.failed, **known)
        case "expired":
            raise Problem(504, "edge.too_late", words.too_late, **known)
    raise Problem(504, "edge.no_answer", words.no_answer, **known)


def _refusal(family: str, text: str) -> Problem:
    if text.startswith(NOT_KEPT):
        return Problem(503, "audit.unavailable", "The audit row could not be kept, so nothing is done.")
    if text == f"{family}.unknown":
        return not_found(family)
    return Problem(422, "reason.missing", "Say why, in 5 to 500 characters.")
