"""Incidents in plain words: what is wrong, since when, how bad, and what the ledger says. Pure."""

from collections.abc import Iterator
from typing import Any

from api.console.condition import Condition
from api.console.standing_alarms import COVERED
from api.console.wording import Wording, ms_of
from hub.alarms.rules import Condition as Limit
from hub.alarms.rules import Rule
from storage.contract import Row

DISPOSITIONS = ("use", "quarantine", "discard")
MARKS = ("retro", "inferred", "latch", "withdrawn")
_SIGNS: dict[Condition, str] = {"bad": "✕", "warn": "!", "info": "•", "unknown": "✓", "ok": "✓"}
_STEPS = ((86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s"))
_BY_SEVERITY: dict[str, Condition] = {"critical": "bad", "warning": "warn", "info": "info"}
_YES_OR_NO = frozenset({"door.open", "device.online", "spool.restored", "receipts.stalled"})
_LIMITS = {">": "above", ">=": "at_least", "<": "below", "<=": "at_most", "==": "is"}


def tone(row: Row) -> Condition:
    """By severity; grey where somebody put it away, or it is over and done."""
    if row["state"] in COVERED:
        return "info"
    return "unknown" if row["state"] == "CLOSED" else _BY_SEVERITY.get(str(row["severity"]), "unknown")


def sign(row: Row) -> str:
    """Beside the colour; a tick for what is over and done."""
    return _SIGNS[tone(row)]


def latches(row: Row) -> bool:
    """Whether it waits for a disposition: by its rule, or critical and found too late."""
    return bool(row["latch"] or (row["retro"] and row["severity"] == "critical"))


def marks(row: Row) -> list[str]:
    """What is to be marked about it, of ``MARKS``; a decision that was made is not asked for."""
    told = row | {"latch": latches(row) and not row["disposition"] and not row["merged_into"]}
    return [mark for mark in MARKS if told[mark]]


def state_means(say: Wording, row: Row) -> str:
    """Its state in a sentence; of one without an episode its marks say why it is closed."""
    gone = row["withdrawn"] or row["merged_into"]
    return "" if gone and row["state"] == "CLOSED" else say(f"incident.{row['state']}_means")


def lasting(say: Wording, length_ms: int) -> str:
    """How long, in its two largest units: 1 h 30 min."""
    parts: list[str] = []
    rest = max(0, length_ms)
    for size, unit in _STEPS:
        count, rest = divmod(rest, size)
        if count and len(parts) < 2:
            parts.append(say(f"span.{unit}", n=count))
        elif parts:
            break
    return " ".join(parts) or say("span.s", n=0)


def measured(say: Wording, metric: str, value: float | None) -> str:
    """A value with the unit of its metric; empty where there is none, or where it is but yes or no."""
    if value is None or metric.startswith("alarm.") or metric in _YES_OR_NO:
        return ""
    if metric.endswith("_ratio"):
        return f"{_number(say, value * 100)} %"
    if metric.startswith("temp."):
        return f"{_number(say, value)} °C"
    if metric.endswith("_s"):
        return lasting(say, round(value * 1000))
    if metric.endswith(".percent"):
        return f"{_number(say, value)} %"
    return say("span.d", n=_number(say, value)) if metric.endswith(".days") else _number(say, value)


def _number(say: Wording, value: float) -> str:
    """With two decimals where one would hide that a limit was crossed."""
    return say.decimal(value, 1 if round(value * 100) % 10 == 0 else 2)


def limit_told(say: Wording, rule: Rule | None) -> str:
    """What the rule asks, like: above 8.0 °C for 10 h; empty where it is not known."""
    if rule is None:
        return ""
    if rule.when == "silent":
        return say("rule.limit_silent", span=lasting(say, rule.for_ms))
    lasted = say("rule.limit_for", span=lasting(say, rule.for_ms)) if rule.for_ms else ""
    if rule.when == "bad":
        return " ".join([say("rule.limit_bad"), lasted]).strip()
    return " ".join(part for part in (_threshold(say, rule.metric, rule.when), lasted) if part)


def _threshold(say: Wording, metric: str, limit: Limit) -> str:
    shown = measured(say, metric, limit.threshold / 1000)
    return say(f"rule.limit_{_LIMITS[limit.operator]}", value=shown) if shown else ""


def short(say: Wording, ms: int | None) -> str:
    """dd/MM HH:mm."""
    told = say.moment(ms)
    return told if ms is None else f"{told[:5]} {told[11:16]}"


def end_ms(row: Row, now_ms: int) -> int:
    """When it was cleared, or now."""
    cleared = ms_of(row["cleared"])
    return now_ms if cleared is None else cleared


def how_long(say: Wording, row: Row, now_ms: int) -> str:
    """How long it has gone on, or went on."""
    span = lasting(say, end_ms(row, now_ms) - (ms_of(row["time"]) or now_ms))
    return say("alarm.went_on" if row["cleared"] else "alarm.goes_on", span=span)


def entry_words(say: Wording, entry: Row, metric: str) -> str:
    """What an entry of the ledger adds to its kind; empty where that says it all."""
    return " · ".join(part for part in _details(say, entry, metric) if part)


def _details(say: Wording, entry: Row, metric: str) -> Iterator[str]:
    if entry["kind"] in ("RAISED", "RETRO_RAISED", "EXTENDED", "REVISED", "RETURNED"):
        yield say.named("severity", str(entry["severity"]))
        until = short(say, ms_of(entry["cleared"])) if entry["cleared"] else say("alarm.open_end")
        yield f"{short(say, ms_of(entry['start']))} → {until}"
        worst = measured(say, metric, entry["worst"])
        yield say("alarm.worst", value=worst) if worst else ""
    detail: dict[str, Any] = dict(entry["detail"])
    if isinstance(detail.get("until"), int):
        yield say("ledger.until", moment=short(say, detail["until"]))
    if detail.get("to"):
        yield say("ledger.to", to=detail["to"])
    if detail.get("disposition"):
        yield say.named("disposition", str(detail["disposition"]))
    if detail.get("level"):
        yield say("ledger.level", level=detail["level"])
    if detail.get("channel"):
        yield f"{detail['channel']}: {detail.get('outcome', '')}"
    if detail.get("edge") and isinstance(detail.get("at"), int):
        yield say("ledger.at_edge", edge=detail["edge"], moment=short(say, detail["at"]))
