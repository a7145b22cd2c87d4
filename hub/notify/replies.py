"""What a reply says: ``OK 7F3K``, and whose number it came from. Pure."""

import re

from hub.notify.bundling import LETTERS, REPLY_LETTERS
from hub.notify.settings import NotifySettings

LONGEST_REPLY = 500
_CODE = re.compile(rf"\bOK[\s.:,-]*([{LETTERS}]{{{REPLY_LETTERS}}})\b")
_COUNTRY = "84"  # numbers of Viet Nam are written 0912… and +84912…


def code_of(text: str) -> str:
    """The code of a reply, empty where it has none; small letters do as well."""
    found = _CODE.search(text[:LONGEST_REPLY].upper())
    return found[1] if found else ""


def number_of(text: str) -> str:
    """Digits of a telephone number with its country."""
    digits = "".join(letter for letter in text if letter.isascii() and letter.isdigit())
    return (
        _COUNTRY + digits[1:]
        if digits.startswith("0") and not digits.startswith("00")
        else digits.lstrip("0")
    )


def persons_of(number: str, channel: str, settings: NotifySettings) -> list[str]:
    """Everybody who is reached at this number over this channel; nobody for what is no number."""
    wanted = number_of(number)
    return [
        person.id
        for person in settings.persons
        for reach in person.reach
        if wanted and reach.channel == channel and number_of(reach.address) == wanted
    ]
