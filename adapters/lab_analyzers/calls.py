"""What the words and codes of analyzers mean: a closed table, compared whole, never in part.

"NOT DETECTED" contains "DETECTED": a search for words inside a text once showed resistant
tuberculosis as susceptible, so a text that is not listed is UNMAPPED until somebody lists it.
Sources: SNOMED CT and LOINC answer codes used for SARS-CoV-2 and HIV results; HL7 table 0078;
result words of GeneXpert and cobas in English, French, Spanish, Portuguese and Vietnamese.
"""

import unicodedata
from collections.abc import Iterable, Mapping

from hub.payloads import Call

_MAX_CHARACTERS = 64

_CODES: dict[str, Call] = {
    "260373001": "POS", "10828004": "POS", "LA11882-0": "POS", "LA6576-8": "POS",
    "260415000": "NEG", "260385009": "NEG", "LA11883-8": "NEG", "LA6577-6": "NEG",
    "455371000124106": "INVALID", "125154007": "INVALID", "LA15841-2": "INVALID",
    "419984006": "INDETERMINATE", "82334004": "INDETERMINATE", "LA11884-6": "INDETERMINATE",
    "385432009": "NO_RESULT",
}  # fmt: skip

_WORDS: dict[Call, str] = {
    "POS": "pos|positive|detected|target detected|reactive|positif|détecté|detecte|positivo"
    "|detectado|dương tính|phát hiện",
    "NEG": "neg|negative|not detected|target not detected|nd|non-reactive|nonreactive|non reactive|négatif"
    "|negatif|non détecté|non detecte|negativo|no detectado|não detectado|âm tính|không phát hiện",
    "INVALID": "invalid|invalide|inválido|invalido|không hợp lệ",
    "ERROR": "error|failed|aborted|erreur|lỗi",
    "NO_RESULT": "no result|no result - repeat test|na|n/a|not applicable|not available|pas de résultat"
    "|pas de resultat|sin resultado|sem resultado|không có kết quả",
    "INDETERMINATE": "indeterminate|inconclusive|equivocal|presumptive positive|presumptive pos|indéterminé"
    "|indetermine|indeterminado|không xác định",
}
_CALL_OF_WORD: dict[str, Call] = {word: call for call, words in _WORDS.items() for word in words.split("|")}

# OBX-8 (table 0078), asked only when OBX-5 says nothing.
_INTERPRETATIONS: dict[str, Call] = {
    "POS": "POS", "DET": "POS", "RR": "POS", "NEG": "NEG", "ND": "NEG", "NR": "NEG", "IND": "INDETERMINATE",
}  # fmt: skip

_WORST_FIRST: tuple[Call, ...] = ("ERROR", "INVALID", "NO_RESULT", "INDETERMINATE")


def of_code(code: str) -> Call | None:
    """The call of a SNOMED CT or LOINC answer code."""
    return _CODES.get(code)


def of_word(text: str, own: Mapping[str, Call]) -> Call | None:
    """The call of a whole text; ``own`` are the profile's words, written as ``plain`` writes them."""
    if len(text) > _MAX_CHARACTERS:
        return None
    word = plain(text)
    return own.get(word) or _CALL_OF_WORD.get(word)


def of_interpretation(code: str) -> Call | None:
    """The call of OBX-8."""
    return _INTERPRETATIONS.get(code)


def plain(text: str) -> str:
    """Lower case, composed accents, single spaces: the form in which words are compared."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    return " ".join(text.casefold().split())


def overall(calls: Iterable[Call]) -> Call:
    """The call of a test from those of its targets: one positive is enough, negative must be all.

    A target nobody can read makes the test UNMAPPED, unless another one decides or failed.
    """
    present = set(calls)
    if "POS" in present:
        return "POS"
    if present == {"NEG"}:
        return "NEG"
    return next((call for call in _WORST_FIRST if call in present), "UNMAPPED")
