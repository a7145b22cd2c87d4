"""Text for one SMS in the GSM 7-bit alphabet: no diacritics, at most 160 characters. Pure."""

import unicodedata

LONGEST_SMS = 160
_PLAIN = str.maketrans({"đ": "d", "Đ": "D", "°": "", "–": "-", "’": "'", "“": '"', "”": '"', "\n": " "})
# Of ASCII, what is one septet in 3GPP TS 23.038; the others are an escape and another one, or missing.
_ALPHABET = frozenset(map(chr, range(0x20, 0x7F))) - frozenset("[\\]^`{|}~")


def gsm(text: str) -> str:
    """The letters without their marks; what the alphabet does not have is a full stop."""
    plain = unicodedata.normalize("NFD", text.translate(_PLAIN))
    base = (letter for letter in plain if not unicodedata.combining(letter))
    return "".join(letter if letter in _ALPHABET else "." for letter in base)
