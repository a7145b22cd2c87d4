"""Looks for what names a person in bytes of any kind, in every form that a program may give it."""

import json
import re
import unicodedata
from base64 import b64encode
from collections import defaultdict
from collections.abc import Iterable, Iterator

INDEXED_BYTES = 7  # shorter than any form: a form is looked up by its first bytes
# How text becomes bytes on its way: as it is, on Windows, in a database of a Windows program.
ENCODINGS = ("utf-8", "cp1258", "latin-1", "utf-16-le")
TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")


class Traces:
    """All forms of some identities; ``found_in`` names the identities, not the forms."""

    def __init__(self, identities: Iterable[str]) -> None:
        self._by_start: dict[bytes, list[tuple[bytes, str]]] = defaultdict(list)
        for identity in identities:
            for form in forms(identity):
                assert len(form) >= INDEXED_BYTES, identity
                self._by_start[form[:INDEXED_BYTES]].append((form, identity))

    def found_in(self, data: bytes) -> set[str]:
        starts, size = self._by_start, INDEXED_BYTES
        return {
            identity
            for at in range(len(data) - size + 1)
            if (candidates := starts.get(data[at : at + size])) is not None
            for form, identity in candidates
            if data.startswith(form, at)
        }


def forms(identity: str) -> set[bytes]:
    """An identity in all its spellings, each plain, in hexadecimal and in base64."""
    plain = set(_plain(identity))
    hexadecimal = {form.hex().encode() for form in plain}
    return plain | hexadecimal | {each.upper() for each in hexadecimal} | _in_base64(plain)


def _plain(identity: str) -> Iterator[bytes]:
    for text in _spellings(identity):
        yield json.dumps(text)[1:-1].encode()  # \u1ec4
        yield text.replace(" ", "%20").encode()
        for encoding in ENCODINGS:
            for normal in (_composed, _decomposed, tones_apart):
                try:
                    yield normal(text).encode(encoding)
                except UnicodeEncodeError:
                    continue


def _spellings(identity: str) -> Iterator[str]:
    bare = without_diacritics(identity)
    for text in (identity, bare):
        yield from (text, text.upper(), text.lower(), text.title())
    yield bare.replace(" ", "")
    digits = re.sub(r"\D", "", identity)
    if len(digits) >= INDEXED_BYTES:
        yield digits


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _decomposed(text: str) -> str:
    return unicodedata.normalize("NFD", text)


def tones_apart(text: str) -> str:
    """Vowels composed and tones behind them: the one way in which Windows-1258 writes Vietnamese."""
    return "".join(map(_tone_apart, _composed(text)))


def _tone_apart(letter: str) -> str:
    split = _decomposed(letter)
    vowel = "".join(part for part in split if part not in TONES)
    return _composed(vowel) + "".join(part for part in split if part in TONES)


def without_diacritics(text: str) -> str:
    split = unicodedata.normalize("NFD", text.replace("Đ", "D").replace("đ", "d"))
    return "".join(character for character in split if not unicodedata.combining(character))


def _in_base64(plain: Iterable[bytes]) -> set[bytes]:
    """As base64 shows it at each of the three places where it can begin in a longer text.

    The first and last characters depend on the neighbours and are left out; a form that then is too
    short to be sure of is not looked for.
    """
    found = set()
    for form in plain:
        for lead in range(3):
            whole = b64encode(bytes(lead) + form).rstrip(b"=")
            inner = whole[(4 if lead else 0) : (len(form) + lead) // 3 * 4]
            if len(inner) >= INDEXED_BYTES:
                found.add(inner)
                found.add(inner.translate(bytes.maketrans(b"+/", b"-_")))
    return found
