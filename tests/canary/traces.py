"""Whether a mark stands anywhere in bytes, in whatever form somebody may have written it."""

import re
import unicodedata
from base64 import b64encode
from collections import defaultdict
from collections.abc import Iterable, Iterator
from hashlib import md5, sha1, sha256
from urllib.parse import quote

GRAM_BYTES = 6  # by so many bytes a form is looked for before it is compared


def forms(mark: str) -> Iterator[bytes]:
    """Composed, decomposed, in capitals, without its signs; in UTF-8 and UTF-16, hex, base64, JSON, a URL."""
    spelled = {
        unicodedata.normalize(form, case)
        for form in ("NFC", "NFD")
        for case in (mark, mark.upper(), mark.lower())
    }
    plain = "".join(each for each in unicodedata.normalize("NFD", mark) if not unicodedata.combining(each))
    for text in spelled | {plain, plain.upper(), plain.lower()}:
        raw = text.encode("utf-8")
        yield raw
        yield text.encode("utf-16-le")
        yield raw.hex().encode()
        yield raw.hex().upper().encode()
        yield text.encode("unicode_escape")
        yield quote(text).encode()
        yield from _base64(raw)


def _base64(raw: bytes) -> Iterator[bytes]:
    """At each place that it can have among other bytes: what depends on its neighbours is left out."""
    for shift, unknown in ((0, 0), (1, 2), (2, 3)):
        coded = b64encode(bytes(shift) + raw).rstrip(b"=")
        whole = (len(raw) + shift) * 8 // 6
        yield coded[unknown:whole]
        yield coded[unknown:whole].replace(b"+", b"-").replace(b"/", b"_")


def digests(mark: str) -> Iterator[bytes]:
    """Hashes without a key, which anybody could try out: the first 16 digits."""
    for make in (md5, sha1, sha256):
        for prefix in ("", "vnid:", "person:vnid:", "visit:vnid:"):
            yield make(f"{prefix}{mark}".encode(), usedforsecurity=False).hexdigest()[:16].encode()


class Traces:
    """Looks for all forms of ``marks`` at once."""

    def __init__(self, marks: Iterable[str]) -> None:
        self._forms: defaultdict[bytes, set[bytes]] = defaultdict(set)
        self.marks = list(marks)
        for mark in self.marks:
            for form in forms(mark):
                self._forms[form[:GRAM_BYTES]].add(form)
        self._lengths = {gram: sorted({len(form) for form in found}) for gram, found in self._forms.items()}
        assert {len(gram) for gram in self._forms} == {GRAM_BYTES}, "a mark is too short to be looked for"
        self._begin = re.compile(_any_of(self._forms), re.DOTALL)
        self._digests = {each for mark in self.marks for each in digests(mark)}

    def find(self, data: bytes) -> list[bytes]:
        """Every form that stands there."""
        return [*self._spelled(data), *self._hashed(data)]

    def _spelled(self, data: bytes) -> Iterator[bytes]:
        gram = self._begin.search(data)
        while gram:
            at = gram.start()
            for length in self._lengths[gram[0]]:
                if (form := data[at : at + length]) in self._forms[gram[0]]:
                    yield form
            gram = self._begin.search(data, at + 1)

    def _hashed(self, data: bytes) -> Iterator[bytes]:
        yield from self._digests & _hex_words(data)


def _any_of(grams: Iterable[bytes]) -> bytes:
    """A pattern that looks at each byte once, not once for every gram."""
    rests: defaultdict[bytes, set[bytes]] = defaultdict(set)
    for gram in grams:
        if gram:
            rests[gram[:1]].add(gram[1:])
    parts = [re.escape(first) + _any_of(rest) for first, rest in sorted(rests.items())]
    return b"(?:" + b"|".join(parts) + b")" if len(parts) > 1 else b"".join(parts)


def _hex_words(data: bytes) -> set[bytes]:
    """The first 16 digits of each run of at least as many."""
    runs = data.translate(_HEX_OR_BLANK).lower().split()
    return {run[:16] for run in runs if len(run) >= 16}


_HEX_OR_BLANK = bytes(each if chr(each) in "0123456789abcdefABCDEF" else 0x20 for each in range(256))
