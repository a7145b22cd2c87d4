"""How a camera stood for a day or a month, as a strip: one picture with patterns and heights. Pure.

However often a camera came and went, the strip has a column for each part of the time, and in each the worst
counts: an outage of seconds is seen in a month, too.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from api.console.alarm_words import lasting
from api.console.camera_words import condition_of
from api.console.condition import Condition
from api.console.wording import Wording, ms_of
from storage.cameras import CameraPeriod
from storage.contract import Row

HOUR_MS = 3_600_000
COLUMNS = 360
MOST_LINES = 40
# Of what needs somebody an outage stands before what nobody knows.
_WORST: tuple[Condition, ...] = ("bad", "unknown", "warn", "info", "ok")
# Colour is never alone: what is worse is higher, what nobody knows is hatched.
_HEIGHTS: dict[Condition, int] = {"bad": 28, "unknown": 28, "warn": 20, "info": 14, "ok": 8}


class Piece(NamedTuple):
    """Columns ``first`` to ``last``, the last one not in it."""

    first: int
    last: int
    condition: Condition


def periods_told(told: Row) -> list[CameraPeriod]:
    """Those of a timeline (api/cameras.py)."""
    return [
        CameraPeriod(
            ms_of(row["from"]) or 0, ms_of(row["to"]) or 0, row["state"], row["reason"], tuple(row["faults"])
        )
        for row in told["periods"]
    ]


def period_condition(period: CameraPeriod) -> Condition:
    return condition_of(period.state, period.faults)


def pieces(periods: Iterable[CameraPeriod], from_ms: int, to_ms: int) -> list[Piece]:
    """The worst of each column, neighbours that are alike together; what no period says is unknown."""
    columns: list[Condition | None] = [None] * COLUMNS
    length = to_ms - from_ms
    for period in periods:
        condition = period_condition(period)
        first = max(0, (period.from_ms - from_ms) * COLUMNS // length)
        last = min(COLUMNS, -((from_ms - period.to_ms) * COLUMNS // length))
        for column in range(first, last):
            there = columns[column]
            if there is None or _WORST.index(condition) < _WORST.index(there):
                columns[column] = condition
    found: list[Piece] = []
    for column, told in enumerate(columns):
        condition = told or "unknown"
        if found and found[-1].condition == condition:
            found[-1] = found[-1]._replace(last=column + 1)
        else:
            found.append(Piece(column, column + 1, condition))
    return found


def strip_svg(drawn: Iterable[Piece]) -> str:
    """For eyes; the words stand below it. It holds nothing but numbers and names of ours."""
    bars = "".join(
        f'<rect class="eh-is-{piece.condition}" x="{piece.first}" width="{piece.last - piece.first}" '
        f'y="{28 - _HEIGHTS[piece.condition]}" height="{_HEIGHTS[piece.condition]}"/>'
        for piece in drawn
    )
    hatch = (
        '<defs><pattern id="eh-hatch" width="3" height="6" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(35)"><rect class="eh-hatch" width="1.4" height="6"/></pattern></defs>'
    )
    return (
        f'<svg viewBox="0 0 {COLUMNS} 28" preserveAspectRatio="none" aria-hidden="true">{hatch}{bars}</svg>'
    )


def period_words(say: Wording, period: CameraPeriod) -> str:
    if period.state == "DEGRADED" and period.faults:
        return ", ".join(say.reason(fault) for fault in period.faults)
    return say.reason(period.reason) or say.named("device", period.state)


def lines(
    say: Wording, periods: Sequence[CameraPeriod], now_ms: int
) -> list[tuple[Condition, str, str, str]]:
    """(condition, when, how long, what) of all that was not well, the newest first."""
    told: list[tuple[Condition, str, str, str]] = []
    for period in reversed(periods):
        condition = period_condition(period)
        if condition != "ok" and len(told) < MOST_LINES:
            until = say("camera.until_now") if period.to_ms >= now_ms else _moment(say, period.to_ms)
            when = f"{_moment(say, period.from_ms)} – {until}"
            told.append(
                (condition, when, lasting(say, period.to_ms - period.from_ms), period_words(say, period))
            )
    return told


def _moment(say: Wording, ms: int) -> str:
    """dd/MM HH:mm:ss: an outage of seconds has a beginning and an end."""
    told = say.moment(ms)
    return f"{told[:5]} {told[11:]}"


def trusted(periods: Iterable[CameraPeriod]) -> float | None:
    """Share of the time in which its picture was all right, of that which is known and no maintenance."""
    spent: dict[Condition, int] = dict.fromkeys(_WORST, 0)
    for period in periods:
        spent[period_condition(period)] += period.to_ms - period.from_ms
    whole = spent["ok"] + spent["warn"] + spent["bad"]
    return spent["ok"] / whole if whole else None


def uptime_figures(say: Wording, told: Row) -> list[tuple[str, str]]:
    """(key of its name, value) of a timeline; a share of nothing is a dash."""
    between_s = told["mtbf_s"]
    return [
        ("trusted", share(say, trusted(periods_told(told)))),
        ("uptime", share(say, told["uptime"])),
        ("uptime_served", share(say, told["uptime_without_maintenance"])),
        ("unseen", share(say, told["unknown_share"])),
        ("outages", say.count(told["outages"])),
        ("mtbf", "—" if between_s is None else lasting(say, round(between_s * 1000))),
        ("reconnects_all", say.count(told["reconnects"])),
    ]


def share(say: Wording, part: float | None) -> str:
    """Rounded down: 99.999 % is not 100 %."""
    if part is None:
        return "—"
    return f"{say.decimal(int(part * 10_000) / 100, 2)} %"
