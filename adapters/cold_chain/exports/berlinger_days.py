"""``Hist:`` of a Fridge-tag: for each day its extremes, its alarms, lost probes, and who looked at it."""

from collections.abc import Iterator

from adapters.cold_chain.decoders.sample import Sample
from adapters.cold_chain.exports.indented import Branch
from adapters.cold_chain.exports.limits import Limits
from adapters.cold_chain.exports.texts import number_of

MIDNIGHT = "00:00"
CHECKED = "check.manual"
_TIMEOUTS = ("Ext Sensor timeout", "Int Sensor timeout")
_TOTALS = {True: "limits.above_minutes", False: "limits.below_minutes"}


def days(history: Branch, limits: Limits, metric: str, unit: str) -> Iterator[Sample]:
    """A day that is not over when the file is written says nothing yet of its mean and its totals."""
    began = history.value("TS Actv")
    written = history.value("TS Report Creation")
    for day in history.children:
        date = day.value("Date")
        if not date:
            continue
        yield from _extremes(day, date, metric, unit)
        start = max(f"{date} {MIDNIGHT}", began)  # equal widths: texts sort as times do
        yield from _alarms(day.child("Alarm"), date, start, limits)
        yield from _lost(day, date, metric)
        for name in ("TS AM", "TS PM"):
            if time := day.child("Checked").value(name):
                yield Sample(CHECKED, "", 1.0, "1", f"{date} {time}", record=True)
        if date < written[: len(date)]:
            yield from _totals(day, start, limits, metric, unit)


def _extremes(day: Branch, date: str, metric: str, unit: str) -> Iterator[Sample]:
    for name, suffix in (("Min T", "min"), ("Max T", "max")):
        if time := day.value(f"TS {name}"):
            value = number_of(day.value(name))
            yield Sample(f"{metric}.{suffix}", "", value, unit, f"{date} {time}", record=True)


def _alarms(alarms: Branch, date: str, start: str, limits: Limits) -> Iterator[Sample]:
    """``TS A`` 00:00 is an alarm that goes on from the day before; without ``TS A`` there was none."""
    for alarm in alarms.children:
        raised = alarm.value("TS A")
        metric = limits.alarm(alarm.name)
        if not raised or f"{date} {raised}" > start:
            yield Sample(metric, "", 0.0, "1", start, record=True)
        if raised:
            yield Sample(metric, "", 1.0, "1", f"{date} {raised}", record=True)


def _lost(day: Branch, date: str, metric: str) -> Iterator[Sample]:
    """A probe that was unplugged: from then on the device measured nothing."""
    for name in _TIMEOUTS:
        if time := day.child(name).value("TS ST"):
            yield Sample(metric, "lost", None, time=f"{date} {time}", fault="probe_lost", record=True)


def _totals(day: Branch, start: str, limits: Limits, metric: str, unit: str) -> Iterator[Sample]:
    """Over a whole day, said at its beginning."""
    if mean := day.value("Avrg T"):
        yield Sample(f"{metric}.mean", "", number_of(mean), unit, start, record=True)
    for alarm in day.child("Alarm").children:
        minutes = number_of(alarm.value("t Acc"))
        limit = limits.by_number.get(alarm.name)
        if limit and minutes is not None:
            yield Sample(_TOTALS[limit.is_upper], "", minutes, "min", start, record=True)
    lost = [number_of(day.child(name).value("t AccST")) for name in _TIMEOUTS]
    told = [minutes for minutes in lost if isinstance(minutes, float)]
    if told:
        yield Sample("probe.lost_minutes", "", max(told), "min", start, record=True)
