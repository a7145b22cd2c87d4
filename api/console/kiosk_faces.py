"""What the screen at a gate shows people, in both languages: pure.

Everybody at the gate sees it. So whoever is on a watch list sees the same as whoever waits because a zone is
full: neither decision nor reason of an alert ever gets as far as this screen (design 4, docs/gates.md).
"""

from collections.abc import Mapping
from typing import Any, Literal

from api.console.wording import LANGUAGES, texts

Face = Literal["pass", "stop", "wait", "again", "seen"]
FACES: dict[str, Face] = {
    "allow": "pass",
    "manual": "pass",
    "deny": "stop",
    "hold": "wait",
    "alert": "wait",
    "retry": "again",
    "duplicate": "seen",
}
# Only these tell people why; the others have nothing to say, or must not.
_WITH_REASON = frozenset({"stop", "again"})
NOT_STORED = "not_stored"  # a remark: decided and shown, and the gate may not have opened by itself
WORKING = frozenset({"ONLINE", "DEGRADED"})
_STATES = {"OFFLINE": "down", "UNKNOWN": "unheard", "MAINTENANCE": "service"}


def face_of(decision: str) -> Face:
    """A decision that this version does not know makes people wait, never pass."""
    return FACES.get(decision, "wait")


def shown_to_people(screen: Mapping[str, Any]) -> dict[str, Any]:
    """{face word hint who} of a hub.contract.Screen; word, hint, who: {vi en}."""
    face = face_of(screen["decision"])
    return {
        "face": face,
        "word": _each(f"kiosk.{face}"),
        "hint": _hint(screen, face),
        "who": _who(screen),
    }


def standing_shown(standing: Mapping[str, Any] | None, *, away: bool) -> dict[str, Any]:
    """{face word hint note} of how the gate stands; ``face`` is "ready" where it works."""
    state = standing["state"] if standing else "OFFLINE"
    face = "edge" if away else "ready" if state in WORKING else _STATES.get(state, "down")
    wrong = not away and standing is not None and standing["reason"] == "clock_wrong"
    return resting(face, "kiosk.clock" if wrong else "")


def resting(face: str, note: str = "") -> dict[str, Any]:
    """What stands while nobody is before the gate; ``note``: the key of a small text beside it."""
    told = {"word": _each(f"kiosk.{face}"), "hint": _each(f"kiosk.{face}_hint")}
    return {"face": face, "note": _each(note) if note else dict.fromkeys(LANGUAGES, "")} | told


def _hint(screen: Mapping[str, Any], face: Face) -> dict[str, str]:
    if face in _WITH_REASON:
        return _reason(screen["reason"], face)
    unstored = face == "pass" and NOT_STORED in screen.get("remarks", ())
    return _each("kiosk.unstored_hint" if unstored else f"kiosk.{face}_hint")


def _each(key: str) -> dict[str, str]:
    """Empty where there is nothing to say: who may pass is told nothing more."""
    return {language: texts(language).get(key, "") for language in LANGUAGES}


def _reason(code: str, face: Face) -> dict[str, str]:
    """A code without words says nothing to people: they are sent to the staff."""
    return {
        language: texts(language).get(f"gate_reason.{code}") or texts(language)[f"kiosk.{face}_hint"]
        for language in LANGUAGES
    }


def _who(screen: Mapping[str, Any]) -> dict[str, str]:
    """Initials and birth year: enough to see whose code it was, and no name."""
    year = screen.get("birth_year")
    return {
        language: " · ".join(
            part
            for part in (
                screen.get("initials") or "",
                texts(language)["kiosk.born"].format(year=year) if year else "",
            )
            if part
        )
        for language in LANGUAGES
    }
