"""The monthly report as pages."""

from typing import Any
from zoneinfo import ZoneInfo

from api.console.wording import Language, Wording, ms_of
from api.reports.canonical_json import digest, revision
from api.reports.cold_chain_monthly.day_chart import DayChart
from api.reports.cold_chain_monthly.pdf_tables import calibrations, checks, excursions, incidents, lots
from api.reports.pdf_paper import BAD, FAINT, WARN, gap, heading, pairs, printed, style, text, together
from api.reports.report import Facts

_HOUR_MINUTES, _DAY_MINUTES = 60, 1440


def pdf_file(facts: Facts, language: Language) -> bytes:
    """A4; every page has the report's revision, the last part its whole hash."""
    say = Wording(language, ZoneInfo(facts["period"]["timezone"]))
    told = digest(facts)
    title = say("report.title", month=_month(facts))
    parts = [
        text(title, style(16, bold=True, after=1)),
        text(f"{facts['unit']['id']} · {facts['unit']['site_name'] or '—'}", style(12, bold=True, after=4)),
        *_provisional(facts, say),
        pairs(_about(facts, say)),
        heading(say("report.summary")),
        pairs(_summary(facts, say)),
        *_frost(facts, say),
        heading(say("report.chart")),
        DayChart(
            facts["days"], facts["unit"]["low"], facts["unit"]["high"], lambda value: say.decimal(value, 0)
        ),
        text(say("report.chart_key"), style(7, color=FAINT)),
    ]
    for part in (excursions, incidents, checks, lots, calibrations):
        parts += part(facts, say)
    proof = [
        heading(say("report.proof")),
        text(say("report.proof_note"), style(7.5)),
        gap(1),
        text(told, style(8)),
    ]
    parts.append(together(proof))
    foot_left = f"epihub · {facts['hub']} · {facts['unit']['id']} · {facts['period']['month']}"

    def foot(page: int) -> tuple[str, str]:
        return foot_left, say("report.foot", revision=revision(told), page=page)

    return printed(parts, f"{title} · {facts['unit']['id']}", foot)


def _month(facts: Facts) -> str:
    year, month = facts["period"]["month"].split("-")
    return f"{month}/{year}"


def _provisional(facts: Facts, say: Wording) -> list[Any]:
    if facts["period"]["final"]:
        return []
    return [text(say("report.provisional"), style(9, bold=True, color=WARN, after=4))]


def _about(facts: Facts, say: Wording) -> list[tuple[str, str]]:
    unit, period = facts["unit"], facts["period"]
    first, last = (
        say.moment((ms_of(period[name]) or 0) - back)[:10] for name, back in (("from", 0), ("to", 1))
    )
    limits = f"{say.decimal(unit['low'])} … {say.decimal(unit['high'])} °C"
    return [
        (say("report.field_profile"), " · ".join(filter(None, (unit["profile"], unit["rules"]))) or "—"),
        (say("report.field_limits"), limits),
        (say("report.field_metric"), unit["metric"]),
        (say("report.field_hold_seconds"), say("span.m", n=unit["hold_seconds"] // 60)),
        (say("report.field_period"), f"{first} – {last}"),
        (say("report.field_timezone"), period["timezone"]),
        (say("report.field_cutoff"), say.moment(ms_of(period["cutoff"]))[:16]),
        (say("report.field_state"), say("report.final" if period["final"] else "report.not_final")),
    ]


def _summary(facts: Facts, say: Wording) -> list[tuple[str, str]]:
    found = facts["figures"]
    hottest = found["hottest_window"]
    return [
        (say("report.field_completeness_percent"), f"{say.decimal(found['completeness_percent'], 2)} %"),
        (say("report.field_unseen_minutes"), lasting(found["unseen_minutes"], say)),
        (say("report.field_inside_percent_of_seen"), _percent(found["inside_percent_of_seen"], say)),
        (say("report.field_inside_minutes"), lasting(found["inside_minutes"], say)),
        (say("report.field_above_minutes"), lasting(found["above_minutes"], say)),
        (say("report.field_below_minutes"), lasting(found["below_minutes"], say)),
        (say("report.field_min"), say.degrees(found["min"])),
        (say("report.field_max"), say.degrees(found["max"])),
        (say("report.field_mean"), _mean(found["mean"], say)),
        (say("report.field_mean_kinetic"), _mean(found["mean_kinetic"], say)),
        (say("report.field_hottest_window"), _mean(hottest["mean_kinetic"] if hottest else None, say)),
        (say("report.field_excursions"), say.count(found["excursions"])),
        (say("report.field_longest_excursion_minutes"), lasting(found["longest_excursion_minutes"], say)),
        (say("report.field_degree_hours"), f"{say.decimal(found['degree_hours'], 1)} °C·h"),
    ]


def _frost(facts: Facts, say: Wording) -> list[Any]:
    minutes = facts["figures"]["freezing_minutes"]
    if not minutes:
        return []
    return [text(say("report.frost", span=lasting(minutes, say)), style(8.5, bold=True, color=BAD, after=2))]


def lasting(minutes: int, say: Wording) -> str:
    """Days, hours and minutes, as far as there are any."""
    days, rest = divmod(minutes, _DAY_MINUTES)
    hours, left = divmod(rest, _HOUR_MINUTES)
    told = [(days, "d"), (hours, "h"), (left, "m")]
    return " ".join(say(f"report.in_{unit}", n=n) for n, unit in told if n) or say("report.in_m", n=0)


def _mean(value: float | None, say: Wording) -> str:
    return "—" if value is None else f"{say.decimal(value, 2)} °C"


def _percent(value: float | None, say: Wording) -> str:
    return "—" if value is None else f"{say.decimal(value, 2)} %"
