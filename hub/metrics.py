"""Figures of a process in Prometheus' text form, from one snapshot.

Hot paths count in plain integers of their own (``hub.edge.counters``, ``hub.sink``). A scrape asks
every collector once, in the loop's thread and without an await between, so that sums which hold at
any moment hold in every scrape; the snapshot can then be rendered in any thread, or sent to another
process.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

import msgspec

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
ACK_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
MOST_DEVICES = 200  # series of one metric stay few; devices beyond are told together as OTHER
OTHER = "other"

Labels = tuple[tuple[str, str], ...]


class Metric(msgspec.Struct, frozen=True):
    """What a figure is: a constant of the module that counts it, documented in docs/metrics.md.

    ``name``: base units (seconds, bytes), counters end in ``_total``. ``labels``: ids and codes of
    ours, few values each. ``fold``: how devices beyond the limit become one figure.
    """

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    labels: tuple[str, ...] = ()
    fold: Literal["sum", "max", "min"] = "sum"

    def __post_init__(self) -> None:
        if not re.fullmatch(r"epihub(_[a-z0-9]+)+", self.name):
            raise ValueError(f"{self.name}: no metric name of ours")
        if (self.kind == "counter") != self.name.endswith("_total"):
            raise ValueError(f"{self.name}: counters, and only they, end in _total")

    def sample(self, value: "int | float | Distribution", *labels: str) -> "Sample":
        """One figure of this metric; label values in the order of ``labels``."""
        return Sample(self, value, tuple(zip(self.labels, labels, strict=True)))


class Distribution(msgspec.Struct, frozen=True):
    """A histogram as it was: ``counts`` per bucket, the last one above all bounds."""

    bounds: tuple[float, ...]
    counts: tuple[int, ...]
    sum: float


class Sample(msgspec.Struct, frozen=True):
    """A figure with its label values."""

    metric: Metric
    value: int | float | Distribution
    labels: Labels = ()


Snapshot = tuple[Sample, ...]
Collector = Callable[[], Iterable[Sample]]


class Histogram:
    """Durations or sizes, counted in buckets: one bisection and two additions each (about 0.3 µs)."""

    __slots__ = ("bounds", "counts", "sum")

    def __init__(self, bounds: Sequence[float] = ACK_SECONDS) -> None:
        self.bounds = tuple(bounds)
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def observe(self, value: float) -> None:
        """Count one value; a bound belongs to its bucket (``le``)."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value

    def distribution(self) -> Distribution:
        """What was counted so far, unchanging."""
        return Distribution(self.bounds, tuple(self.counts), self.sum)


class Registry:
    """The collectors of one process. All methods belong to the loop's thread."""

    def __init__(self, most_devices: int = MOST_DEVICES) -> None:
        self._collectors: list[Collector] = []
        self._most_devices = most_devices
        self._devices: set[str] = set()  # those told by name: the first ones seen, so that series stay

    def add(self, collect: Collector) -> None:
        """Ask ``collect`` at every scrape; it must not await and has to be quick."""
        self._collectors.append(collect)

    def remove(self, collect: Collector) -> None:
        """Ask it no more."""
        self._collectors.remove(collect)

    def snapshot(self) -> Snapshot:
        """All figures of this moment. Only gathered: folding and sorting is left to ``render``."""
        return tuple(self._within_limit(sample) for collect in self._collectors for sample in collect())

    def _within_limit(self, sample: Sample) -> Sample:
        names = sample.metric.labels
        if "device" not in names:
            return sample
        place = names.index("device")
        device = sample.labels[place][1]
        if device in self._devices:
            return sample
        if len(self._devices) < self._most_devices:
            self._devices.add(device)
            return sample
        labels = (*sample.labels[:place], ("device", OTHER), *sample.labels[place + 1 :])
        return Sample(sample.metric, sample.value, labels)


def merge(samples: Iterable[Sample]) -> Snapshot:
    """Each series once, sorted; equal series are folded. Raises ValueError: one name, two metrics."""
    metrics: dict[str, Metric] = {}
    values: dict[tuple[str, Labels], int | float | Distribution] = {}
    for metric, value, labels in ((sample.metric, sample.value, sample.labels) for sample in samples):
        if metrics.setdefault(metric.name, metric) != metric:
            raise ValueError(f"{metric.name} is described in two ways")
        key = metric.name, labels
        values[key] = _fold(metric, values[key], value) if key in values else value
    return tuple(Sample(metrics[name], values[name, labels], labels) for name, labels in sorted(values))


def render(snapshot: Iterable[Sample]) -> str:
    """Prometheus' text format 0.0.4; snapshots of several processes may be chained."""
    lines: list[str] = []
    described = ""
    for sample in merge(snapshot):
        metric = sample.metric
        if metric.name != described:
            described = metric.name
            lines += [f"# HELP {metric.name} {_escaped(metric.help)}", f"# TYPE {metric.name} {metric.kind}"]
        lines += _series(metric.name, sample.value, sample.labels)
    return "".join(f"{line}\n" for line in lines)


def _series(name: str, value: int | float | Distribution, labels: Labels) -> list[str]:
    if not isinstance(value, Distribution):
        return [f"{name}{_labels(labels)} {_number(value)}"]
    lines: list[str] = []
    total = 0
    for bound, count in zip((*value.bounds, float("inf")), value.counts, strict=True):
        total += count
        lines.append(f"{name}_bucket{_labels((*labels, ('le', _number(bound))))} {total}")
    return [
        *lines,
        f"{name}_sum{_labels(labels)} {_number(value.sum)}",
        f"{name}_count{_labels(labels)} {total}",
    ]


def _labels(labels: Labels) -> str:
    inside = ",".join(f'{key}="{_escaped(value, quote=True)}"' for key, value in labels)
    return f"{{{inside}}}" if inside else ""


def _escaped(text: str, *, quote: bool = False) -> str:
    text = text.replace("\\", "\\\\").replace("\n", "\\n")
    return text.replace('"', '\\"') if quote else text


def _number(value: float) -> str:
    special = {"inf": "+Inf", "-inf": "-Inf", "nan": "NaN"}
    return special.get(repr(value), repr(int(value) if isinstance(value, bool) else value))


def _fold(
    metric: Metric, one: int | float | Distribution, other: int | float | Distribution
) -> int | float | Distribution:
    if isinstance(one, Distribution) and isinstance(other, Distribution):
        if one.bounds != other.bounds:
            raise ValueError(f"{metric.name} has buckets of two kinds")
        counts = tuple(map(sum, zip(one.counts, other.counts, strict=True)))
        return Distribution(one.bounds, counts, one.sum + other.sum)
    if isinstance(one, Distribution) or isinstance(other, Distribution):
        raise ValueError(f"{metric.name} is a number and a histogram")
    return {"sum": one + other, "max": max(one, other), "min": min(one, other)}[metric.fold]
