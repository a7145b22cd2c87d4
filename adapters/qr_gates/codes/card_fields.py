"""What printed cards have in common: fields between pipes, and a person's sex in words or figures."""

from adapters.qr_gates.codes.code_text import text_of
from adapters.qr_gates.codes.shown_code import MOST_FIELDS, UnreadableCode

_SEXES = {"nam": "M", "nữ": "F", "nu": "F", "1": "M", "2": "F"}


def fields_of(raw: bytes, least: int, family: str) -> tuple[list[str], tuple[str, ...]]:
    """At least ``least`` fields, and how the charset had to be guessed; raises UnreadableCode."""
    text, flags = text_of(raw)
    fields = [part.strip() for part in text.split("|", MOST_FIELDS)]
    if not least <= len(fields) <= MOST_FIELDS:
        raise UnreadableCode(f"{family}.fields")
    return fields, flags


def sex_of(text: str) -> str | None:
    """M or F of "Nam", "Nữ", "1", "2"; None: neither."""
    return _SEXES.get(text.casefold())
