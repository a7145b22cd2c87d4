"""Keyed pseudonyms (design 4): HMAC-SHA-256 over type-tagged canonical ids, named by their key's id.

``p-<key>:…`` is the same person everywhere in the province, ``v-<key>:…`` a visitor of one edge and week,
``w-<key>:…`` (weak) is a hospital's own patient number or an edge without the province key, ``h:…`` hides a
label that could be a name.
"""

import hmac
import re
import unicodedata
from functools import lru_cache
from hashlib import sha256

DEFAULT_LABEL = r"[A-Za-z0-9._/-]{1,32}"
_ID_LENGTHS = (9, 10, 12)  # CMND, phone numbers, CCCD: people type them where a label belongs

# Circular 59/2021/TT-BCA: province 001-096, century and sex 0-3, year, 6 digits. Mobile: 03 05 07 08 09.
_CITIZEN_OR_MOBILE = re.compile(
    r"(?<![0-9])(?:0(?:0[1-9]|[1-8][0-9]|9[0-6])[0-3][0-9]{8}|0[35789][0-9]{8})(?![0-9])"
)


class KeyedPseudonyms:
    """hub.contract.Pseudonyms under one key; ``weak`` when it is not the province's."""

    def __init__(self, key: bytes, *, weak: bool) -> None:
        # Copied for each name: the one-shot function gives up the interpreter's lock, and waits for it.
        self._keyed = hmac.new(key, digestmod="sha256")
        self.key_id = sha256(b"epihub key id" + key).hexdigest()[:8]
        self.weak = weak

    def person(self, kind: str, value: str) -> str:
        return (
            f"{'w' if self.weak else 'p'}-{self.key_id}:{self._digest(f'person:{kind}:{_canonical(value)}')}"
        )

    def patient(self, site: str, number: str) -> str:
        return f"w-{self.key_id}:{self._digest(f'patient:{site}:{_canonical(number)}')}"

    def visitor(self, kind: str, value: str) -> str:
        """A visit under a weekly key (hub/visit_keys.py), made as ``person`` is and never equal to one."""
        return f"v-{self.key_id}:{self._digest(f'visit:{kind}:{_canonical(value)}')}"

    def label(self, text: str, pattern: str = "") -> str:
        if _compiled(pattern or DEFAULT_LABEL).fullmatch(text) and not looks_like_person_id(text):
            return text
        return f"h:{self._digest(f'label:{_canonical(text)}')}"

    def _digest(self, text: str) -> str:
        keyed = self._keyed.copy()
        keyed.update(text.encode("utf-8", "surrogateescape"))
        return keyed.digest()[:16].hex()


def looks_like_person_id(text: str) -> bool:
    """All digits of an id's length; or, behind a prefix, the digits of a citizen id or a mobile number.

    The second goes beyond design 4 (ADR 4): "O-075…" tells as much as the bare number. Runs that
    are no such number by their first digits (dates, counters) pass, or no order would ever match.
    """
    bare = len(text) in _ID_LENGTHS and text.isdigit()
    return bare or holds_person_number(text)


def holds_person_number(text: str) -> bool:
    """The digits of a citizen id or a mobile number, alone or behind a prefix."""
    return _CITIZEN_OR_MOBILE.search(text) is not None


def _canonical(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip()


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
