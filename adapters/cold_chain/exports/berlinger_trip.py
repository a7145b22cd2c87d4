"""``Res:`` of a Q-tag: what became of one transport, and every alarm with its begin and end."""

from collections.abc import Iterator

from adapters.cold_chain.decoders.sample import Sample
from adapters.cold_chain.exports.indented import Branch
from adapters.cold_chain.exports.limits import Limits
from adapters.cold_chain.exports.texts import number_of


def trip(result: Branch, limits: Limits, metric: str, unit: str) -> Iterator[Sample]:
    """Mean and mean kinetic temperature (MKT, at the file's own energy) only of one that has ended."""
    for name, suffix in (("Min T", "min"), ("Max T", "max")):
        if time := result.value(f"TS {name}"):
            yield Sample(f"{metric}.{suffix}", "", number_of(result.value(name)), unit, time, record=True)
    for name, suffix in (("Avrg T", "mean"), ("MKT", "mkt")):
        value, end = result.value(name), result.value("TS Stop")
        if value and end:
            yield Sample(f"{metric}.{suffix}", "", number_of(value), unit, end, record=True)
    yield from _alarms(result.child("Alarm"), result.value("TS Start"), limits)


def _alarms(alarms: Branch, start: str, limits: Limits) -> Iterator[Sample]:
    """Each alarm of the settings is off at the start; ``TS A`` raises it, ``TS E`` ends it."""
    for metric in sorted({limit.alarm for limit in limits.by_number.values()}):
        if start:
            yield Sample(metric, "", 0.0, "1", start, record=True)
    for alarm in alarms.children:
        for event in alarm.children:
            for field, value in (("TS A", 1.0), ("TS E", 0.0)):
                if time := event.fields.get(field):
                    yield Sample(limits.alarm(alarm.name), "", value, "1", time, record=True)
