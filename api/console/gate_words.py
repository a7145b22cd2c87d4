"""Gates in words for their staff, who may know what the screen at the gate must not say: pure."""

from collections import Counter
from collections.abc import Iterable, Sequence

from api.console.condition import Condition
from api.console.wording import Wording
from storage.contract import Row

DECIDED: dict[str, Condition] = {
    "allow": "ok",
    "manual": "info",
    "deny": "bad",
    "hold": "warn",
    "alert": "bad",
    "retry": "warn",
    "duplicate": "unknown",
}
_PARTS = ("relay", "passage")
REFUSALS = ("deny", "hold", "alert", "retry")


def decided_condition(decision: str) -> Condition:
    """One that this version does not know is unknown."""
    return DECIDED.get(decision, "unknown")


def staff_reason(say: Wording, code: str) -> str:
    """What is said to the staff where it is not what people are told; the code where there are no words."""
    told = say.named("gate_staff", code)
    return told if told != code else say.named("gate_reason", code)


def standing_reason(say: Wording, code: str | None) -> str:
    """Why a gate stands as it does: several codes of its relay and its sensor may stand side by side.

    A code of a relay's own fault (``relay.http_500``) keeps it beside general words.
    """
    told = []
    for each in (code or "").split():
        known, (part, _, fault) = say.reason(each), each.partition(".")
        general = part in _PARTS and known == each
        told.append(f"{say.reason(part)} ({fault})" if general else known)
    return " · ".join(told)


def who_it_was(say: Wording, row: Row) -> str:
    """Direction, age band, sex, district: all that is known of somebody who passed."""
    sex = say.named("gate_sex", row["sex"]) if row.get("sex") else None
    district = say("gate.district", code=row["district"]) if row.get("district") else None
    age = say("gate.age", band=row["age_band"]) if row.get("age_band") else None
    return " · ".join(part for part in (sex, age, district) if part)


def reasons_counted(rows: Iterable[Row]) -> list[tuple[str, int]]:
    """Reasons of those that were not let pass, the most frequent first."""
    found = Counter(str(row["reason"]) for row in rows if row["decision"] in REFUSALS)
    return sorted(found.items(), key=lambda each: (-each[1], each[0]))


def zone_condition(row: Row) -> Condition:
    """Fewer than nobody: entries were missed. A zone without sensors is no trouble: its share is told."""
    if row["below_zero"]:
        return "bad"
    return "warn" if row["difference"] else "ok"


def passage_words(say: Wording, row: Row) -> str:
    """Whether somebody went, and who says so."""
    passage = row.get("passage")
    if not passage:
        return ""
    seen = "seen" if passage["confirmed"] else "inferred"
    return say(f"gate.{seen}_{passage['direction']}")


def in_order(gates: Sequence[Row]) -> list[Row]:
    return sorted(gates, key=lambda row: (str(row["site"]), str(row["id"])))
