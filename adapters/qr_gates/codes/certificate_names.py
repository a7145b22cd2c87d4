"""The canonical name of who holds a certificate: people are matched on it where there is no number."""

import re
import unicodedata

from adapters.qr_gates.codes.shown_code import Identity

_OTHER = re.compile(r"[^A-Z]+")
# ICAO 9303 part 3, section 6: letters that do not decompose. "Đ" is "D" there.
_LETTERS = str.maketrans(
    {"Đ": "D", "Ä": "AE", "Ö": "OE", "Ü": "UE", "ß": "SS", "Ø": "OE", "Æ": "AE", "Œ": "OE"}
)


def name_identity(family: str, given: str, born: str) -> Identity | None:
    """None: too little to tell people apart."""
    if not family or not born:
        return None
    return Identity("name", f"{transliterated(family)}<<{transliterated(given)}|{born}")


def transliterated(name: str) -> str:
    """As the machine-readable zone of a passport writes it: "Gößinger-Ånd" is GOESSINGER<AND."""
    plain = unicodedata.normalize("NFD", unicodedata.normalize("NFC", name).upper().translate(_LETTERS))
    return _OTHER.sub("<", "".join(each for each in plain if not unicodedata.combining(each))).strip("<")
