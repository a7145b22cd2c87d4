"""Keys to codes: the layout by its peer, any cut of the stream, lost keys, and what a name is worth."""

import importlib.util

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.qr_gates.scanners import key_map
from adapters.qr_gates.scanners.wedge import EVENT, WedgeCodec
from hub.contract import Frame, MalformedFrame
from tests.qr_gates.wedge.keys import (
    CAPS_LOCK,
    CONTROL,
    DOWN,
    ENTER,
    HELD,
    KEY,
    KEY_J,
    KEYS,
    SHIFT,
    SYN,
    event,
    held,
    keys,
    stroke,
)

HC1 = "HC1:6BFOXN%TS3DH0YOJ58S S-W5HDC *M0II5XHC9B5G2+$N IOP-IA%NFQGRJPC%OQHIZC4.OI1RM8ZA.A5:S9MKN4NN3F85"
HEX_CARD = "DN4750012345678|4E677579|02091999|2|44E1BB93|75001|01012021"


def codes(*chunks: bytes) -> list[bytes]:
    codec = WedgeCodec()
    return [frame.raw for chunk in chunks for frame in codec.feed(chunk)]


def test_what_is_typed_is_the_code() -> None:
    assert codes(keys(HC1) + keys("075199001234")) == [HC1.encode(), b"075199001234"]


@pytest.mark.skipif(
    importlib.util.find_spec("evdev") is None, reason="the peer has no wheel for this machine"
)
def test_every_key_is_the_one_that_linux_calls_so() -> None:
    from evdev import ecodes

    names = {
        "-": "MINUS",
        "=": "EQUAL",
        "[": "LEFTBRACE",
        "]": "RIGHTBRACE",
        ";": "SEMICOLON",
        "'": "APOSTROPHE",
    }
    names |= {"`": "GRAVE", "\\": "BACKSLASH", ",": "COMMA", ".": "DOT", "/": "SLASH", " ": "SPACE"}
    keypad = {"*": "KPASTERISK", "-": "KPMINUS", "+": "KPPLUS", ".": "KPDOT", "/": "KPSLASH"}
    for code, char in key_map.PLAIN.items():
        pad = code in {55, 98} or 71 <= code <= 83
        name = keypad.get(char, f"KP{char}") if pad else names.get(char, char.upper())
        assert getattr(ecodes, f"KEY_{name}") == code
    assert {ecodes.KEY_ENTER, ecodes.KEY_KPENTER} == key_map.ENTER
    assert {ecodes.KEY_LEFTSHIFT, ecodes.KEY_RIGHTSHIFT} == key_map.SHIFT
    assert {ecodes.KEY_LEFTCTRL, ecodes.KEY_RIGHTCTRL} == key_map.CONTROL
    assert {ecodes.KEY_LEFTALT, ecodes.KEY_RIGHTALT} == key_map.ALT
    assert (ecodes.KEY_TAB, ecodes.KEY_CAPSLOCK) == (key_map.TAB, key_map.CAPS_LOCK)


@pytest.mark.parametrize(
    ("shown", "taken"),
    [
        ("075199001234|271234567|Nguyễn Thị Ánh Tuyết|02091999|Nữ|Biên Hòa|27122021", "075199001234"),
        ("******001234|Trần Văn Đức|1985/3/7|0|QID7512345678", "******001234||1985/3/7|0|QID7512345678"),
        (HEX_CARD, HEX_CARD),
        ("https://qr.tokhaiyte.vn/d/75-0042", "https://qr.tokhaiyte.vn/d/75-0042"),
    ],
)
def test_names_are_not_trusted_and_numbers_are(shown: str, taken: str) -> None:
    assert codes(keys(shown)) == [taken.encode()]


def test_caps_lock_of_the_host_and_of_the_scanner() -> None:
    assert codes(keys(HC1.swapcase())) == [HC1.encode()]
    assert codes(stroke(CAPS_LOCK) + keys(HC1.swapcase()) + stroke(CAPS_LOCK) + keys("aB")) == [
        HC1.encode(),
        b"aB",
    ]


def test_line_feed_may_come_as_control_j_and_other_shortcuts_type_nothing() -> None:
    shortcuts = held(CONTROL, stroke(46) + stroke(47)) + held(56, stroke(KEYS["q"][0]))
    assert codes(keys("12", ends=()) + shortcuts + held(CONTROL, stroke(KEY_J))) == [b"12"]


def test_a_key_that_is_held_is_typed_once() -> None:
    one, _ = KEYS["1"]
    assert codes(event(KEY, one, DOWN) + event(KEY, one, HELD) * 9 + event(KEY, one, 0) + stroke(ENTER)) == [
        b"1"
    ]


def test_lost_keys_give_no_code_and_the_next_one_is_whole() -> None:
    codec = WedgeCodec()
    lost = held(SHIFT, keys("0751", ends=()) + event(SYN, 3, 0)) + keys("99001234")
    (cut,) = codec.feed(lost)
    assert isinstance(cut, MalformedFrame)
    assert cut.reason == "scan.cut"
    assert list(codec.flush()) == []
    assert [frame.raw for frame in codec.feed(keys("075199001234"))] == [b"075199001234"]


def test_a_gap_ends_a_code_and_an_aim_identifier_comes_off() -> None:
    codec = WedgeCodec()
    assert list(codec.feed(keys("]Q1075199001234", ends=()))) == []
    assert codec.pending
    assert list(codec.flush()) == [Frame(b"075199001234", origin="symbology ]Q1")]
    assert list(codec.feed(keys("0751", ends=()))) == []
    assert [type(each) for each in codec.close()] == [MalformedFrame]


@given(st.lists(st.text(list(KEYS), min_size=1, max_size=20), max_size=5), st.data())
def test_any_cut_of_the_stream_gives_the_same(texts: list[str], data: st.DataObject) -> None:
    stream = b"".join(keys(text) for text in texts)
    at = data.draw(st.integers(0, len(stream)))
    assert codes(stream) == codes(stream[:at], stream[at:])
    assert codes(stream) == codes(*(stream[n : n + 1] for n in range(len(stream))))


@given(st.binary(max_size=50 * EVENT.size))
def test_any_bytes_are_some_keys(stream: bytes) -> None:
    codec = WedgeCodec()
    for frame in [*codec.feed(stream), *codec.flush(), *codec.close()]:
        assert frame.raw.isascii()
