"""What a reply says: ``OK 7F3K``, and who it came from. Pure."""

import re
from collections.abc import Callable, Mapping

from hub.notify.bundling import LETTERS, REPLY_LETTERS
from hub.notify.settings import NotifySettings

LONGEST_REPLY = 500
_CODE = re.compile(rf"\bOK[\s.:,-]*([{LETTERS}]{{{REPLY_LETTERS}}})\b")
_COUNTRY = "84"  # numbers of Viet Nam are written 0912… and +84912…


def code_of(text: str) -> str:
    """The code of a reply, empty where it has none; small letters do as well."""
    found = _CODE.search(text[:LONGEST_REPLY].upper())
    return found[1] if found else ""


def _mail_address(text: str) -> str:
    """As it is compared: RFC 5321 lets the case of the first half mean something; no mail server does."""
    address = text.strip().casefold()
    return address if "@" in address else ""


def number_of(text: str) -> str:
    """Digits of a telephone number with its country."""
    digits = "".join(letter for letter in text if letter.isascii() and letter.isdigit())
    return (
        _COUNTRY + digits[1:]
        if digits.startswith("0") and not digits.startswith("00")
        else digits.lstrip("0")
    )


_ALIKE: Mapping[str, Callable[[str], str]] = {"telegram": str.strip, "zalo": str.strip, "smtp": _mail_address}


def persons_of(sender: str, channel: str, settings: NotifySettings) -> list[str]:
    """Everybody who is reached there over this channel: by number, mail address, or chat of a bot."""
    known = settings.channel(channel)
    kind = known.kind if known else ""
    alike = _ALIKE.get(kind, number_of)
    wanted = alike(sender)
    return [
        person.id
        for person in settings.persons
        for reach in person.reach
        if wanted and reach.channel == channel and alike(reach.address) == wanted
    ]
