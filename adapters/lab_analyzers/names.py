"""Coded names of tests and targets (OBX-3, OBR-4), as they may leave the edge.

A machine has a few dozen of them and repeats them in every message, so each is read once.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from adapters.lab_analyzers.loinc import CT_TARGET, TARGET_TEXT, is_loinc
from adapters.lab_analyzers.profiles import Profile
from hub.contract import Pseudonyms

CODE_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._/+#:-]{0,31}"
_CT_TEXT = re.compile(r"(?:ct|cq|cp)(?![a-z])", re.ASCII)
_REMEMBERED = 1024
_MAX_REMEMBERED_CHARACTERS = 256  # longer ones are no names of tests, and would only fill the memory


@dataclass(frozen=True, slots=True)
class CodedName:
    """One code: ``raw`` stays here, ``code`` and ``text`` may leave; ``loinc`` only if it is a right one."""

    raw: str
    code: str
    text: str | None
    loinc: str | None
    flags: tuple[str, ...]
    is_ct: bool
    is_result: bool  # not data about the run, not a control inside the test; a row without a code is prose


class Names:
    """Reads the coded names of one device."""

    def __init__(self, profile: Profile, pseudonyms: Pseudonyms) -> None:
        self._profile = profile
        self._pseudonyms = pseudonyms
        self._remembered = lru_cache(_REMEMBERED)(self._read)

    def read(self, components: list[str]) -> CodedName:
        """A coded name: identifier, text, system, then the same three again in another system."""
        short = sum(map(len, components)) <= _MAX_REMEMBERED_CHARACTERS
        return self._remembered(*components) if short else self._read(*components)

    def _read(self, *components: str) -> CodedName:
        profile = self._profile
        raw, text, system, other, _, other_system = (*components[:6], "", "", "", "", "", "")[:6]
        raw = raw.strip() or other.strip()
        loinc, flags = self._loinc(raw, system, other, other_system)
        known = loinc is not None or raw in profile.texts
        return CodedName(
            raw,
            raw if known else self._pseudonyms.label(raw, CODE_PATTERN),
            profile.texts.get(raw) or TARGET_TEXT.get(loinc or ""),
            loinc,
            flags,
            raw in CT_TARGET or raw in profile.ct_codes or _CT_TEXT.match(text.casefold()) is not None,
            raw != "" and raw not in profile.metadata and raw not in profile.internal_controls,
        )

    def _loinc(
        self, raw: str, system: str, other: str, other_system: str
    ) -> tuple[str | None, tuple[str, ...]]:
        candidate = self._profile.loinc.get(raw, "")
        if not candidate and system.strip() == "LN":
            candidate = raw
        elif not candidate and other_system.strip() == "LN":
            candidate = other.strip()
        if not candidate:
            return None, ()
        return (candidate, ()) if is_loinc(candidate) else (None, ("loinc_checksum",))
