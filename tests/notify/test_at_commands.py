"""The modem's language: whatever the pieces it comes in."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.notify.at_commands import LONGEST_LINE, Dialogue, Incoming, ModemFault, Reply, incoming

LISTED = (
    b'AT+CMGL="ALL"\r\r\n+CMGL: 1,"REC UNREAD","+84912345678",,"26/11/23,07:40:12+28"\r\n'
    b"ok 7f3k\r\ndang den\r\n"
    b'+CMGL: 12,"REC READ","0987654321","An"\r\n004F004B00200037004600330121\r\n\r\nOK\r\n'
)


def fed(dialogue: Dialogue, *pieces: bytes) -> Reply | None:
    replies = [reply for piece in pieces if (reply := dialogue.feed(piece))]
    assert len(replies) <= 1
    return replies[0] if replies else None


@pytest.mark.parametrize(
    ("said", "reply"),
    [
        (b"\r\nOK\r\n", Reply("ok")),
        (b"AT\r\r\nOK\r\n", Reply("ok")),  # echo is on
        (b"\r\nERROR\r\n", Reply("error")),
        (b"\r\n+CMS ERROR: 331\r\n", Reply("cms.331")),
        (b"\r\n+CME ERROR: 10\r\n", Reply("cme.10")),
        (b"\r\n> ", Reply("prompt")),
        (b"AT\r\r\n> ", Reply("prompt")),
        (b"\r\n+CREG: 0,1\r\n\r\nOK\r\n", Reply("ok", ("+CREG: 0,1",))),
        (b"\r\nRING\r\n\r\n+CMGS: 17\r\n\r\nOK\r\n", Reply("ok", ("RING", "+CMGS: 17"))),
        (b"\r\nOKAY", None),
        (b"", None),
    ],
)
def test_how_a_command_ends(said: bytes, reply: Reply | None) -> None:
    dialogue = Dialogue()
    assert dialogue.begin("AT") == b"AT\r"
    assert fed(dialogue, said) == reply


@given(st.lists(st.integers(1, len(LISTED) - 1), unique=True, max_size=12).map(sorted))
def test_pieces_do_not_matter(cuts: list[int]) -> None:
    dialogue = Dialogue()
    dialogue.begin('AT+CMGL="ALL"')
    edges = [0, *cuts, len(LISTED)]
    reply = fed(dialogue, *(LISTED[a:b] for a, b in pairwise(edges)))
    assert reply is not None
    assert incoming(reply.lines) == [
        Incoming(1, "+84912345678", "ok 7f3k\ndang den"),
        Incoming(12, "0987654321", "OK 7F3ġ"),
    ]


def test_what_comes_unasked_is_dropped() -> None:
    dialogue = Dialogue()
    assert dialogue.feed(b"\r\nOK\r\n") is None
    dialogue.begin("AT")
    assert dialogue.feed(b"\r\nOK\r\n\r\nRING\r\n") == Reply("ok")
    assert dialogue.feed(b"\r\nOK\r\n") is None


@given(st.binary(max_size=6000))
def test_noise_is_bounded(noise: bytes) -> None:
    dialogue = Dialogue()
    dialogue.begin("AT")
    for start in range(0, len(noise), 100):
        try:
            dialogue.feed(noise[start : start + 100])
        except ModemFault:
            return
    assert len(dialogue._buffer) <= LONGEST_LINE + 100


def test_a_line_without_an_end_is_refused() -> None:
    dialogue = Dialogue()
    dialogue.begin("AT")
    with pytest.raises(ModemFault, match=r"modem\.line_too_long"):
        dialogue.feed(b"x" * 3000)


def test_so_are_lines_without_end() -> None:
    dialogue = Dialogue()
    dialogue.begin("AT")
    with pytest.raises(ModemFault, match=r"modem\.too_much"):
        dialogue.feed(b"x\r\n" * 2000)
