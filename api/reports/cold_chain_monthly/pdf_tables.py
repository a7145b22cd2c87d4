"""The tables of the monthly report's pages."""

from collections.abc import Sequence
from typing import Any

from api.console.wording import Wording, ms_of
from api.reports.pdf_paper import FAINT, heading, style, table, text
from api.reports.report import Facts

MOST_ROWS = 150
_TO_MINUTE = 16


def excursions(facts: Facts, say: Wording) -> list[Any]:
    """The worst ones by area, told by time."""
    found = facts["excursions"]
    worst = sorted(found, key=lambda one: -one["degree_hours"])[:MOST_ROWS]
    rows = [
        [
            _at(one["from"], say),
            _at(one["to"], say),
            say(f"report.{one['side']}"),
            say("report.minutes", n=say.count(one["minutes"])),
            say.degrees(one["peak"]),
            say.decimal(one["degree_hours"], 2),
        ]
        for one in sorted(worst, key=lambda one: str(one["from"]))
    ]
    head = ("from", "to", "side", "lasted", "peak", "degree_hours")
    return _part("excursions", head, rows, (19, 19, 14, 16, 14, 12), len(found) - len(worst), say)


def incidents(facts: Facts, say: Wording) -> list[Any]:
    """Who saw to each, how long that took, and what was decided."""
    found = facts["incidents"]
    rows = [_incident(one, say) for one in found[:MOST_ROWS]]
    head = ("rule", "from", "to", "worst", "acknowledged", "took", "disposition")
    return _part("incidents", head, rows, (24, 17, 17, 12, 22, 12, 18), len(found) - len(rows), say)


def _incident(one: Facts, say: Wording) -> list[str]:
    marks = [
        say(f"alarm.{name}") for name, told in (("retro", "late"), ("withdrawn", "withdrawn")) if one[told]
    ]
    name = ", ".join((say.named("rule", one["rule"]), say.named("severity", one["severity"]), *marks))
    ack = say("report.nobody")
    if one["acknowledged"]:
        ack = f"{one['acknowledged_by']}, {_at(one['acknowledged'], say)}"
    took = one["minutes_to_acknowledge"]
    decided = "—"
    if one["disposition"]:
        decided = f"{say.named('disposition', one['disposition'])} ({one['disposition_by']})"
    return [
        name,
        _at(one["from"], say),
        _at(one["to"], say) if one["to"] else say("report.goes_on"),
        _worst(one, say),
        ack,
        "—" if took is None else say("report.minutes", n=say.count(took)),
        decided,
    ]


def _worst(one: Facts, say: Wording) -> str:
    if one["worst"] is None:
        return "—"
    is_temperature = str(one["metric"]).startswith("temp")
    return say.degrees(one["worst"]) if is_temperature else say.decimal(one["worst"], 1)


def checks(facts: Facts, say: Wording) -> list[Any]:
    """How many of the two looks a day were made, and which were missed."""
    found = facts["checks"]
    told = say("report.checks_done", done=found["done"], expected=found["expected"])
    parts = [heading(say("report.checks")), text(told)]
    if not found["missed"]:
        return parts
    by_day: dict[str, list[str]] = {}
    for look in found["missed"]:
        by_day.setdefault(look["day"], []).append(say(f"cold.round_{look['round']}").lower())
    days = [f"{day[8:]}/{day[5:7]} ({', '.join(names)})" for day, names in by_day.items()]
    return [*parts, text(say("report.checks_missed", days="; ".join(days)), style(7.5))]


def lots(facts: Facts, say: Wording) -> list[Any]:
    """Each lot that was in the unit, with its clock at the end of the period."""
    rows = [_lot(one, say) for one in facts["lots"][:MOST_ROWS]]
    head = ("lot", "stay", "discard_after", "days_left", "fridge_days", "out_minutes", "flags")
    left_out = len(facts["lots"]) - len(rows)
    return _part("lots", head, rows, (26, 30, 17, 11, 13, 14, 18), left_out, say)


def _lot(one: Facts, say: Wording) -> list[str]:
    stays = [
        f"{_at(stay['from'], say)} – {_at(stay['to'], say) if stay['to'] else say('report.still')}"
        for stay in one["stays"]
    ]
    name = f"{one['id']}, {one['product_name']}, {say('report.expires', day=_day(one['expiry']))}"
    clock = one["clock"]
    if clock is None:
        return [name, "; ".join(stays), "—", "—", "—", "—", "—"]
    flags = ", ".join(say(f"report.flag_{flag}") for flag in clock["flags"])
    return [
        name,
        "; ".join(stays),
        _at(clock["discard_after"], say),
        say.decimal(clock["days_left"], 0),
        say.decimal(clock["fridge_days"], 1) if clock["thawed"] else "—",
        say(
            "report.out_unseen",
            out=say.count(clock["out_minutes"]),
            unseen=say.count(clock["unseen_minutes"]),
        ),
        flags or "—",
    ]


def calibrations(facts: Facts, say: Wording) -> list[Any]:
    """Of the probe, as far as they reach into the month."""
    rows = [
        [
            one["metric"],
            f"{say.decimal(one['offset'], 3)} K",
            _at(one["from"], say),
            _at(one["to"], say) if one["to"] else say("report.open"),
            f"{_at(one['issued'], say)} ({one['by']})",
        ]
        for one in facts["calibrations"]
    ]
    return _part(
        "calibrations", ("metric", "offset", "from", "to", "issued"), rows, (20, 14, 20, 20, 26), 0, say
    )


def _part(
    name: str,
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    widths: Sequence[float],
    left_out: int,
    say: Wording,
) -> list[Any]:
    parts: list[Any] = [heading(say(f"report.{name}"))]
    if not rows:
        return [*parts, text(say(f"report.no_{name}"), style(8.5, color=FAINT))]
    parts.append(table([say(f"report.head_{word}") for word in head], rows, widths))
    if left_out > 0:
        parts.append(text(say("report.left_out", count=left_out), style(7.5, color=FAINT)))
    return parts


def _at(time: str, say: Wording) -> str:
    return say.moment(ms_of(time))[:_TO_MINUTE]


def _day(day: str) -> str:
    return "/".join(reversed(day.split("-")))
