"""Destinations in words: pure."""

from api.console.condition import Condition
from api.console.wording import Wording, ms_of
from storage.contract import Row

CONDITIONS: dict[str, Condition] = {
    "following": "ok",
    "catching_up": "info",
    "history": "info",
    "paused": "info",
    "busy": "warn",
    "refused": "bad",
    "away": "warn",
    "starting": "unknown",
    "unknown": "unknown",
    "unused": "unknown",
}


def condition_of(row: Row) -> Condition:
    """What runs well and leaves something out needs a look."""
    condition = CONDITIONS.get(str(row["state"]), "unknown")
    left_out = row["rejected"] or row["series_over_limit"]
    return "warn" if left_out and condition in {"ok", "info"} and not row["paused_by"] else condition


def why(say: Wording, row: Row) -> str:
    """A sentence about a state that needs one; empty for the others."""
    if row["paused_by"]:
        return say(
            "destination.paused_by", who=row["paused_by"], moment=say.moment(ms_of(row["paused_since"]))
        )
    state = str(row["state"])
    told = say.named("destination_why", state)
    return "" if told == state else ": ".join(filter(None, (reason(say, str(row["reason"])), told)))


def reason(say: Wording, code: str) -> str:
    """Why a server did not take something; the code itself where we have no words for it."""
    return say.named("destination_reason", code) if code else ""


def last_answer(say: Wording, row: Row, now_ms: int) -> str:
    """What the server said last, and when; a dash while nobody knows."""
    if not row["last_answer"]:
        return "—"
    word, _, code = str(row["last_answer"]).partition(": ")
    told = [say.named("destination_answer", word), reason(say, code)]
    age = say.age(ms_of(row["last_answer_at"]), now_ms)
    return f"{': '.join(filter(None, told))} · {age}"


def figures(say: Wording, row: Row, now_ms: int) -> list[tuple[str, str]]:
    """Key of the label and what is told; what nobody knows is a dash."""
    lag = row["lag_s"]
    shown = "—" if lag is None else say.span(round(lag * 1000)) if lag >= 1 else say("destination.lag_none")
    day = row["history_before"]
    history = say("destination.history_before", day=_day(day)) if day else say("destination.history_sent")
    found = [
        ("lag", shown),
        ("last_answer", last_answer(say, row, now_ms)),
        ("settled", say.moment(ms_of(row["time"]))),
        ("history", history),
        ("points", _count(say, row["points"])),
        ("series", _count(say, row["series"])),
        ("rewinds", _count(say, row["rewinds"])),
    ]
    found += [("series_over", say.count(row["series_over_limit"]))] if row["series_over_limit"] else []
    found += [("dropped", say.count(row["samples_dropped"]))] if row["samples_dropped"] else []
    return found


def _count(say: Wording, number: int | None) -> str:
    return "—" if number is None else say.count(number)


def _day(text: str) -> str:
    """dd/MM/yyyy of YYYY-MM-DD."""
    return "/".join(reversed(text.split("-")))
