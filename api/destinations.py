"""Destinations as rows: as the hub lists them, with the fields that every row of the API has."""

from typing import Any

from api.deck import Deck
from storage.contract import Row

TYPE = "destination"
UNUSED = "unused"


async def destination_rows(deck: Deck) -> list[Row]:
    """By name; raises Problem 503 while the hub is away."""
    told = await deck.hub.destination("list")
    return [_row(each) for each in told["items"]]


def webhook_row(told: dict[str, Any]) -> Row:
    """Without its secret."""
    return {
        "type": "webhook",
        "time": told["created"],
        **{key: value for key, value in told.items() if key != "secret"},
    }


def _row(told: dict[str, Any]) -> Row:
    rest = {key: value for key, value in told.items() if key not in ("name", "settled_at")}
    return {"id": told["name"], "type": TYPE, "time": told["settled_at"], **rest}
