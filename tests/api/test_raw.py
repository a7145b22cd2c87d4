"""Raw bytes for eyes: nothing invisible, nothing lost."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from api.edge.raw import hex_dump, visible_text


def test_controls_have_names_and_segments_stand_below_each_other() -> None:
    assert visible_text(b"\x0bMSH|a\rPID|b\r\nOBX|c\n\x1c\x7f") == (
        "⟨VT⟩MSH|a⟨CR⟩\nPID|b⟨CR⟩⟨LF⟩\nOBX|c⟨LF⟩\n⟨FS⟩⟨U+007F⟩"
    )


def test_what_is_no_utf_8_and_what_turns_text_is_seen() -> None:
    assert visible_text("Nguyễn\u202e\u200b".encode() + b"\xff") == "Nguyễn⟨U+202E⟩⟨U+200B⟩\\xff"


@given(st.binary(max_size=300))
def test_no_byte_makes_an_invisible_character(raw: bytes) -> None:
    shown = visible_text(raw).replace("\n", "")
    assert not [c for c in shown if unicodedata.category(c) in {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"}]


@given(st.binary(max_size=300))
def test_hex_holds_every_byte(raw: bytes) -> None:
    lines = hex_dump(raw).splitlines()
    assert bytes.fromhex("".join(line[10:57] for line in lines)) == raw
    assert all(len(line) <= 75 for line in lines)
