"""Opening a gate by hand, over the local socket of the hub or of the edge beside us."""

from collections.abc import Awaitable
from typing import Any

from api.command_ends import ASK_SECONDS as OPEN_SECONDS
from api.command_ends import EndWords, asked_for
from api.command_ends import settled as settled_by

__all__ = ["OPEN_SECONDS", "opened", "opening_rows", "settled"]
_WORDS = EndWords(
    "gate",
    "The gate refused; nothing moved.",
    "It was tried; whether it opened is not known.",
    "The gate heard of it too late; nothing moved.",
    "No answer of the gate's edge; the command has expired.",
)


async def opened(asked: Awaitable[dict[str, Any]]) -> dict[str, str]:
    """{outcome reason command}; raises Problem 404, 422 or 503: then nothing was sent."""
    return await asked_for("gate", asked)


def settled(told: dict[str, str]) -> dict[str, str]:
    """The same when it opened; raises Problem 409, 502 or 504 with what is known."""
    return settled_by(told, _WORDS)


def opening_rows(told: dict[str, Any]) -> list[dict[str, Any]]:
    """As lists show them."""
    named = {"type": "audit.gate_opening"}
    return [{"id": row["command"], **named, "time": row["at"], **row} for row in told["items"]]
