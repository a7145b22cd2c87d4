"""What looks for marks finds every form of each, wherever it stands; and nothing where there is none."""

import os
from base64 import b64encode, urlsafe_b64encode
from hashlib import sha256
from unicodedata import normalize

import pytest

from tests.canary.marked_people import codes, people
from tests.canary.traces import Traces

PEOPLE = people(40)
MARKS = [mark for person in PEOPLE for mark in person.marks.values()]
TRACES = Traces(MARKS)


@pytest.mark.parametrize(
    "written",
    [
        lambda mark: mark.encode(),
        lambda mark: mark.upper().encode(),
        lambda mark: normalize("NFD", mark).encode(),
        lambda mark: mark.encode().hex().encode(),
        lambda mark: mark.encode("utf-16-le"),
        lambda mark: b64encode(b"some " + mark.encode() + b" words"),
        lambda mark: b64encode(b"som " + mark.encode() + b" words"),
        lambda mark: urlsafe_b64encode(b"so " + mark.encode() + b" words"),
        lambda mark: ascii(mark).encode(),
    ],
    ids=["plain", "capitals", "decomposed", "hex", "utf-16", "base64", "base64+1", "base64+2", "escaped"],
)
def test_every_mark_is_found_in_every_form(written: object) -> None:
    assert callable(written)
    for mark in MARKS:
        assert TRACES.find(os.urandom(50) + written(mark) + os.urandom(50)), mark


def test_a_hash_without_a_key_is_found() -> None:
    told = sha256(f"person:vnid:{PEOPLE[7].marks['vnid']}".encode()).hexdigest()
    assert TRACES.find(b'{"scan":"' + told.encode() + b'"}')


def test_nothing_is_found_where_nothing_is() -> None:
    assert TRACES.find(os.urandom(1 << 20).hex().encode() + b64encode(os.urandom(1 << 20))) == []


def test_every_code_shows_marks_or_hides_them_behind_a_signature() -> None:
    shown = list(codes(PEOPLE))
    assert [number for number, code in enumerate(shown) if not TRACES.find(code)] == [8, 18, 28, 38]
    assert all(shown[number].startswith(b"HC1:") for number in (8, 18, 28, 38))
