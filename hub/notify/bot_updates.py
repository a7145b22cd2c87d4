"""What people said to a bot, from the answers of getUpdates. Pure; whatever came is looked at piece by piece.

Only what is said in a private chat counts: there the chat's id is the person's.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

LONGEST_TEXT = 4096


class Said(NamedTuple):
    """``number`` of the update, None where the service has none; ``chat`` is empty for a group's."""

    number: int | None
    chat: str
    text: str


def telegram_said(result: Any) -> Iterator[Said]:
    """Every update, also those without words: they have to be confirmed."""
    for update in result if isinstance(result, list) else ():
        if isinstance(update, dict) and type(update.get("update_id")) is int:
            yield _said(update["update_id"], update.get("message"), "type", "private")


def zalo_said(result: Any) -> Iterator[Said]:
    """Zalo gives one message at a time, without a number, and never again; some clients were given lists."""
    for update in result if isinstance(result, list) else [result]:
        if isinstance(update, dict):
            yield _said(None, update.get("message"), "chat_type", "PRIVATE")


def _said(number: int | None, message: Any, type_key: str, private: str) -> Said:
    told: Mapping[str, Any] = message if isinstance(message, dict) else {}
    chat, text = told.get("chat"), told.get("text")
    if not isinstance(chat, dict) or chat.get(type_key) != private:
        return Said(number, "", "")
    name = chat.get("id")
    known = isinstance(name, int | str) and not isinstance(name, bool)
    return Said(number, str(name) if known else "", text[:LONGEST_TEXT] if isinstance(text, str) else "")
