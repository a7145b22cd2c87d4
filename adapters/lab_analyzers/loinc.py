"""LOINC codes: the check digit, and which Ct code belongs to which target.

Codes as the LOINC table of SARS-CoV-2 and influenza PCR gives them; the texts are our own short ones.
"""

import re
from functools import lru_cache

_SHAPE = re.compile(r"[0-9]{1,7}-[0-9]", re.ASCII)


@lru_cache(maxsize=4096)
def is_loinc(code: str) -> bool:
    """Whether ``code`` is ASCII digits, a hyphen and the right Luhn digit.

    A non-breaking hyphen (U+2011) looks the same and matches nothing, so it is refused here.
    """
    return _SHAPE.fullmatch(code) is not None and _luhn(code[:-2]) == int(code[-1])


def _luhn(digits: str) -> int:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return -total % 10


TARGET_TEXT = {
    "94500-6": "SARS-CoV-2 RNA",
    "94309-2": "SARS-CoV-2 RNA",
    "94531-1": "SARS-CoV-2 RNA panel",
    "94306-8": "SARS-CoV-2 RNA panel",
    "94533-7": "SARS-CoV-2 N gene",
    "94316-7": "SARS-CoV-2 N gene",
    "94534-5": "SARS-CoV-2 RdRp gene",
    "94314-2": "SARS-CoV-2 RdRp gene",
    "94640-0": "SARS-CoV-2 S gene",
    "94315-9": "SARS-CoV-2 E gene",
    "94559-2": "SARS-CoV-2 ORF1ab region",
    "94639-2": "SARS-CoV-2 ORF1ab region",
    "95941-1": "SARS-CoV-2, Influenza A, B and RSV RNA panel",
    "95422-2": "SARS-CoV-2, Influenza A and B RNA panel",
    "85477-8": "Influenza A RNA",
    "85478-6": "Influenza B RNA",
    "85479-4": "RSV RNA",
    "94558-4": "SARS-CoV-2 antigen",
    "97097-0": "SARS-CoV-2 antigen",
}

# The Ct codes, by the text of the target that they belong to.
CT_TARGET = {
    "94745-7": "SARS-CoV-2 RNA",
    "94746-5": "SARS-CoV-2 RNA",
    "94642-6": "SARS-CoV-2 S gene",
    "94643-4": "SARS-CoV-2 S gene",
    "94644-2": "SARS-CoV-2 ORF1ab region",
    "94511-3": "SARS-CoV-2 ORF1ab region",
    "94510-5": "SARS-CoV-2 N gene",
    "94509-7": "SARS-CoV-2 E gene",
    "96764-6": "SARS-CoV-2 E gene",
    "94646-7": "SARS-CoV-2 RdRp gene",
    "94645-9": "SARS-CoV-2 RdRp gene",
}
