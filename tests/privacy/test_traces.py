"""The search itself must find what it is for; otherwise the canary proves nothing."""

import json
import unicodedata
from base64 import b64encode

import pytest

from simulators.lab.canary import canary_messages
from tests.privacy.messages import AT, CHARSETS, marked_messages
from tests.privacy.traces import Traces, tones_apart, without_diacritics

NAME, PHONE = "NGUYỄN CANARY 0042", "0912340042"
TRACES = Traces([NAME, PHONE])


@pytest.mark.parametrize(
    "bytes_",
    [
        NAME.encode(),
        unicodedata.normalize("NFD", NAME).encode(),
        NAME.lower().encode(),
        NAME.title().encode(),
        without_diacritics(NAME).encode(),
        NAME.encode("utf-16-le"),
        tones_apart(NAME).encode("cp1258"),
        json.dumps(NAME).encode(),
        NAME.encode().hex().encode(),
        b64encode(NAME.encode()),
        b64encode(b"x" + NAME.encode() + b" and more"),
        b64encode(b"xy" + unicodedata.normalize("NFD", NAME).encode() + b"."),
    ],
)
def test_a_name_is_found_in_every_form(bytes_: bytes) -> None:
    assert TRACES.found_in(b"before " + bytes_ + b" behind") == {NAME}


def test_a_number_is_found_as_text_hexadecimal_and_base64() -> None:
    for form in (
        PHONE.encode(),
        PHONE.encode().hex().upper().encode(),
        b64encode(b"a" + PHONE.encode() + b"b"),
    ):
        assert TRACES.found_in(form) == {PHONE}


def test_what_is_not_there_is_not_found() -> None:
    assert TRACES.found_in(b"NGUYEN CANARY 0043, 0912340043, " + bytes(range(256)) * 20) == set()


def test_every_marked_message_names_its_patient() -> None:
    messages = marked_messages(20, seed=7)
    assert len(messages) == 40
    for marked in messages:
        found = Traces(marked.identities).found_in(marked.sent)
        assert len(found) >= 3, marked.sent


def test_charsets_differ() -> None:
    [(_, message, _)] = canary_messages(1, seed=7, at=AT)
    assert len({charset(message) for charset in CHARSETS}) == len(CHARSETS)
