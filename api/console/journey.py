"""The way of a result as a line of steps: a picture that says at a glance where it stands."""

from collections.abc import Callable

from nicegui import ui

from api.console.visit import Visit
from api.console.wording import ms_of
from storage.contract import Row

CONDITION = {"done": "ok", "waiting": "warn", "trouble": "bad", "unknown": "unknown"}
_SIGNS = {"done": "check", "waiting": "hourglass_bottom", "trouble": "close", "unknown": "question_mark"}
STEP_REASONS = frozenset(
    {"link", "unmapped", "others_waiting", "spool", "receipt", "unsendable", "not_in_store", "at_edge"}
)

Resend = Callable[[Row], None]


def draw_steps(visit: Visit, item: Row, resend: Resend | None = None) -> None:
    """``resend`` is asked for a delivery to another system; None: nobody here may."""
    with ui.element("ol").classes("eh-steps"):
        for step in item["steps"]:
            _step(visit, step, resend)


def _step(visit: Visit, step: Row, resend: Resend | None) -> None:
    say, condition = visit.say, CONDITION[step["state"]]
    with ui.element("li").classes(f"eh-step eh-is-{condition}"):
        with ui.element("span").classes("eh-step-dot").props("aria-hidden=true"):
            ui.icon(_SIGNS[step["state"]])
        with ui.element("div").classes("eh-step-what"):
            ui.label(_name(visit, step)).classes("eh-strong")
            ui.label(say(f"journey.{step['state']}")).classes("eh-step-state")
            if step["time"]:
                ui.label(say.moment(ms_of(step["time"]))).classes("eh-age")
            if reason := step_reason(visit, step):
                ui.label(reason).classes("eh-faint")
            if step["step"] == "forward" and step.get("forward") and resend is not None:
                again = ui.button(say("forward.resend"), icon="send", on_click=lambda: resend(step))
                again.props("outline dense no-caps")


def _name(visit: Visit, step: Row) -> str:
    name = visit.say(f"journey.step_{step['step']}")
    return f"{name} {step['forward']}" if step.get("forward") else name


def step_reason(visit: Visit, step: Row) -> str:
    """Why it stands as it stands, in words; a code of the other system as it came where it has none."""
    say, reason = visit.say, str(step["reason"])
    if step["step"] == "stored" and reason == "receipt":
        return say("journey.by_receipt")
    told = (
        say(f"journey.{reason}", count=step.get("waiting", 0))
        if reason in STEP_REASONS
        else say.reason(reason)
    )
    if step.get("tries"):
        told = " · ".join(part for part in (told, say("forward.tries", count=step["tries"])) if part)
    return told
