"""What people do about alarms as they fill it in: the API's own checks, each fault at its field. Pure."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError

from api.alarm_bodies import (
    AssignBody,
    CheckBody,
    CommentBody,
    DispositionBody,
    NoteBody,
    ShelveBody,
    TakeOutBody,
)
from hub.machine_metrics import is_of_machine
from storage.contract import Row

BODIES: dict[str, type[BaseModel]] = {
    "ack": NoteBody,
    "comment": CommentBody,
    "shelve": ShelveBody,
    "unshelve": NoteBody,
    "assign": AssignBody,
    "disposition": DispositionBody,
    "check": CheckBody,
    "take_out": TakeOutBody,
    "put_back": NoteBody,
}
OF_DEVICE = frozenset({"check", "take_out", "put_back"})
WORDS = ("note", "reason", "text")  # the field of a person's own words, by the body that has it
FORM = ""  # the fault is none of a field
MINUTE_MS = 60_000
_CODES = {
    "missing": "missing",
    "string_too_short": "short",
    "string_too_long": "long",
    "greater_than_equal": "range",
    "less_than_equal": "range",
    "int_parsing": "range",
    "int_type": "range",
    "int_from_float": "range",
    "literal_error": "missing",
}
_AT_WORDS = frozenset({"no_reason", "no_text", "text_too_long", "bad_text"})
_AT_FIELD = {
    "shelf_too_short": "minutes",
    "shelf_too_long": "minutes",
    "shelf_too_long_for_latching": "minutes",
    "bad_name": "to",
    "bad_disposition": "disposition",
    "use_while_active": "disposition",
    "bad_round": "round",
}
FAULTS = tuple(dict.fromkeys(_CODES.values()))

Faults = dict[str, str]


class Asked(NamedTuple):
    """An action as the hub takes it: a person's words, and what else it needs."""

    note: str
    details: dict[str, Any]


def checked(action: str, filled: Mapping[str, Any], now_ms: int) -> tuple[Asked | None, Faults]:
    """The action of a filled form, or by field why not: one of ``FAULTS``."""
    given = {name: value.strip() if isinstance(value, str) else value for name, value in filled.items()}
    try:
        body = BODIES[action].model_validate({name: value for name, value in given.items() if value != ""})
    except ValidationError as error:
        found = [(str(one["loc"][0]) if one["loc"] else FORM, one["type"]) for one in error.errors()]
        return None, {name: _CODES.get(kind, "missing") for name, kind in found}
    told = body.model_dump()
    note = next((str(told.pop(name)) for name in WORDS if name in told), "")
    return Asked(note, _details(told, now_ms)), {}


def _details(told: dict[str, Any], now_ms: int) -> dict[str, Any]:
    if "minutes" in told:
        return {"until_ms": now_ms + told["minutes"] * MINUTE_MS} if told["minutes"] else {}
    return {"decision": told["disposition"]} if "disposition" in told else told


def refused(action: str, code: str) -> Faults:
    """What the ledger refused, at its field: the code itself."""
    _, _, name = code.partition(".")
    fields = BODIES[action].model_fields
    field = _AT_FIELD.get(name, FORM)
    if name in _AT_WORDS:
        field = next(word for word in WORDS if word in fields)
    return {field if field in fields else FORM: code}


def offered(row: Row, *, at_edge: bool = False) -> list[str]:
    """What may be done about an incident as it stands, what is most due first. No vaccine is in a machine.

    ``at_edge``: at an edge alone, whose hub hears of nothing but who looks after it.
    """
    if row["merged_into"]:
        return []
    offers = _offered(row)
    if at_edge:
        return [each for each in offers if each == "ack"]
    return [each for each in offers if each != "disposition"] if is_of_machine(row["metric"]) else offers


def _offered(row: Row) -> list[str]:
    if row["state"] == "CLOSED":
        return ["comment", "disposition"]
    due = ["disposition"] if row["state"] == "LATCHED" else []
    due += [] if row["acknowledged"] else ["ack"]
    shelf = "unshelve" if row["shelved_until"] else "shelve"
    return [*due, "comment", shelf, "assign", *(() if due[:1] == ["disposition"] else ("disposition",))]
