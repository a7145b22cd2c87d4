"""What a list of people is made of: records of 20 bytes, in the order of their first 16.

Those 16 are the pseudonym (HMAC-SHA-256, cut as ``hub.pseudonyms`` cuts it) without its key's id: under
another key nobody is found. The other four are what the list says of the person.
"""

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple, get_args

PeopleListName = Literal["watch", "positive", "declared", "doses"]
PEOPLE_LISTS: tuple[PeopleListName, ...] = get_args(PeopleListName)
NAME_BYTES, VALUE_BYTES = 16, 4
RECORD_BYTES = NAME_BYTES + VALUE_BYTES
MOST_DOSES = 0xFF
_LARGEST_VALUE = 2 ** (8 * VALUE_BYTES) - 1
_PERSON = re.compile(r"[pw]-([0-9a-f]{8}):([0-9a-f]{32})")
_DAY_MS = 86_400_000
_TIMES: frozenset[PeopleListName] = frozenset({"positive", "declared"})  # held as seconds


class Doses(NamedTuple):
    """Doses that a person had, and the day (Unix ms, its beginning in UTC) of the last one."""

    doses: int
    last_ms: int

    @property
    def packed(self) -> int:
        """As the list ``doses`` says it; raises ValueError for what it cannot hold."""
        day = self.last_ms // _DAY_MS
        if not (1 <= self.doses <= MOST_DOSES and 0 <= day <= 0xFFFF):
            raise ValueError("doses or day out of range")
        return self.doses << 16 | day


def doses_of(value: int) -> Doses:
    """What ``find`` gave from the list ``doses``."""
    return Doses(value >> 16, (value & 0xFFFF) * _DAY_MS)


def name_of(person: str) -> bytes | None:
    """The 128 bits of a pseudonym; None of what is none."""
    found = _PERSON.fullmatch(person)
    return bytes.fromhex(found[2]) if found else None


def key_of(person: str) -> str | None:
    """The id of the key it was made under."""
    found = _PERSON.fullmatch(person)
    return found[1] if found else None


def stored(name: PeopleListName, value: int) -> int:
    """What the record holds of ``value``; times lose their milliseconds. Raises ValueError out of range."""
    held = value // 1000 if name in _TIMES else value
    if not 0 <= held <= _LARGEST_VALUE:
        raise ValueError("out of range")
    return held


def told(name: PeopleListName, held: int) -> int:
    """What ``find`` says of what the record holds."""
    return held * 1000 if name in _TIMES else held


def body_of(entries: Mapping[bytes, int]) -> bytes:
    """The records of names and what they hold, in order."""
    return b"".join(name + entries[name].to_bytes(VALUE_BYTES, "big") for name in sorted(entries))
