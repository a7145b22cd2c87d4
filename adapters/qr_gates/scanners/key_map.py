"""What a scanner types that calls itself a keyboard: key codes of Linux to ASCII, by the US layout.

Codes after ``linux/input-event-codes.h``. A letter that the layout has no key for is typed as something else
or not at all, so of such a text only the fields count that no letter can be missing from.
"""

import re

ENTER = frozenset({28, 96})
TAB = 15
SHIFT = frozenset({42, 54})
CONTROL = frozenset({29, 97})
ALT = frozenset({56, 100})
CAPS_LOCK = 58

_ROWS = (
    (2, "1234567890-=", "!@#$%^&*()_+"),
    (16, "qwertyuiop[]", "QWERTYUIOP{}"),
    (30, "asdfghjkl;'`", 'ASDFGHJKL:"~'),
    (43, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
    (55, "*", "*"),
    (57, " ", " "),
    (71, "789-456+1230.", "789-456+1230."),
    (98, "/", "/"),
)
PLAIN = {first + at: key for first, keys, _ in _ROWS for at, key in enumerate(keys)}
SHIFTED = {first + at: key for first, _, keys in _ROWS for at, key in enumerate(keys)}

_CITIZEN = re.compile(r"(\d{12})\|")
# A digit and no letter that stands beside others in a name: numbers, dates, tokens, hex of UTF-8.
_SOUND = re.compile(r"(?=[^|]*\d)(?:[0-9A-Z./:*+-]*|[0-9A-Fa-f]*)")


def typed(key: int, *, shift: bool, caps_lock: bool) -> str:
    """The character of a key; "" for one that types none."""
    plain = PLAIN.get(key, "")
    upper = shift != caps_lock if plain.isalpha() else shift
    return SHIFTED[key] if plain and upper else plain


def trusted(text: str) -> str:
    """What of a typed code is surely as it was printed: a card's number, and no name.

    A scanner whose host has Caps Lock on types ``hc1:``; base45 has capitals alone.
    """
    if text[:4] == "hc1:":
        return text.upper()
    if found := _CITIZEN.match(text):
        return found[1]
    if "|" not in text:
        return text
    return "|".join(field if _SOUND.fullmatch(field) else "" for field in text.split("|"))
