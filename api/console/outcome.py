"""A laboratory result in few words and one coloured chip, the same on every page."""

from typing import get_args

from nicegui import ui

from api.console.wording import Wording
from hub.payloads import Call, LabResult
from storage.contract import Row

CALLS: tuple[str, ...] = get_args(Call)
# Beside the colour, for who cannot tell red from green.
SIGN_OF: dict[str, str] = {
    "POS": "+", "NEG": "−", "INVALID": "!", "ERROR": "✕", "NO_RESULT": "∅", "INDETERMINATE": "±",
    "UNMAPPED": "?",
}  # fmt: skip
_MOST_TARGETS = 6


def call_chip(say: Wording, call: str, count: int | None = None) -> ui.label:
    """The call in words; with ``count`` as its sign and how many."""
    text = say.named("call", call) if count is None else f"{SIGN_OF.get(call, '?')} {say.count(count)}"
    chip = ui.label(text).classes(f"eh-chip eh-call-{call}")
    return chip if count is None else chip.tooltip(say.named("call", call))


def control_badge(say: Wording) -> ui.label:
    """Stands before the specimen: what is clipped is clipped behind it, and a control is no patient."""
    return ui.label(say("result.badge")).classes("eh-control").tooltip(say("result.control"))


def specimen_head(say: Wording, row: Row) -> None:
    """The specimen of a result, with the badge before it where it is a control's."""
    with ui.element("div").classes("eh-specimen"):
        if row.get("control"):
            control_badge(say)
        ui.label(str(row["specimen"])).classes("eh-strong eh-clip")


def call_chips(say: Wording, calls: Row) -> None:
    """How many of each call, in the order of the calls."""
    for call in CALLS:
        if calls.get(call):
            call_chip(say, call, calls[call])


def measured(row: Row) -> list[Row]:
    """The targets with a Ct, in the order of the analyzer; six at most, of a panel."""
    return [target for target in row.get("targets") or () if target.get("ct") is not None][:_MOST_TARGETS]


def named_target(target: Row) -> str:
    return str(target.get("text") or target["code"])


def cycles_of(say: Wording, row: Row) -> str:
    """The cycles of each target, like Ct 23,4 · 25,1; or nothing."""
    told = " · ".join(say.decimal(target["ct"]) for target in measured(row))
    return f"Ct {told}" if told else ""


def fact_name(say: Wording, fact: Row) -> str:
    """What a fact is about: the specimen of a result, the measure of a reading."""
    data = fact["data"]
    if fact["type"] == LabResult.TYPE:
        return str(data["specimen"])
    if data.get("metric"):
        value = data.get("value")
        shown = "—" if value is None else say.decimal(value)
        return f"{data['metric']} {shown} {data.get('unit') or ''}".strip()
    return str(fact["type"])
