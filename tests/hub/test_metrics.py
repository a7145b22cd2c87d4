"""Figures as Prometheus reads them, and the sums that hold in every scrape."""

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from hub import figures
from hub.edge.counters import MessageCounters, RelayCounters
from hub.metrics import OTHER, Histogram, Metric, Registry, Sample, Snapshot, merge, render

ROOT = Path(__file__).parents[2]
SEEN = Metric("epihub_test_seen_total", "counter", "Seen.", ("device", "adapter"))
LEVEL = Metric("epihub_test_level", "gauge", "Level \\ of\nthings.", ("what",), fold="max")
TOOK = Metric("epihub_test_took_seconds", "histogram", "Took.")


def parsed(samples: Iterable[Sample]) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    families = text_string_to_metric_families(render(samples))
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def test_text_is_what_prometheus_reads() -> None:
    samples = [
        SEEN.sample(3, "d1", "hl7_mllp"),
        LEVEL.sample(2.5, 'a "b" \\ c\nd'),
        SEEN.sample(4, "d2", "hl7_mllp"),
    ]
    assert render(samples) == (
        "# HELP epihub_test_level Level \\\\ of\\nthings.\n"
        "# TYPE epihub_test_level gauge\n"
        'epihub_test_level{what="a \\"b\\" \\\\ c\\nd"} 2.5\n'
        "# HELP epihub_test_seen_total Seen.\n"
        "# TYPE epihub_test_seen_total counter\n"
        'epihub_test_seen_total{device="d1",adapter="hl7_mllp"} 3\n'
        'epihub_test_seen_total{device="d2",adapter="hl7_mllp"} 4\n'
    )
    assert parsed(samples)["epihub_test_level", (("what", 'a "b" \\ c\nd'),)] == 2.5


@given(st.text(), st.floats(allow_nan=False) | st.integers(-(2**60), 2**60))
def test_any_label_and_value_come_back(label: str, value: float) -> None:
    assert parsed([LEVEL.sample(value, label)]) == {("epihub_test_level", (("what", label),)): value}


@given(st.lists(st.sampled_from([0, 0.0001, 0.0005, 0.00051, 0.3, 10, 10.1, 1e9]), max_size=30))
def test_a_histogram_counts_every_value_once(values: list[float]) -> None:
    histogram = Histogram()
    for value in values:
        histogram.observe(value)
    read = parsed([TOOK.sample(histogram.distribution())])
    assert read["epihub_test_took_seconds_count", ()] == len(values)
    assert read["epihub_test_took_seconds_sum", ()] == pytest.approx(sum(values))
    for bound in (*histogram.bounds, float("inf")):
        at = str(float(bound)).replace("inf", "+Inf")
        assert read["epihub_test_took_seconds_bucket", (("le", at),)] == sum(v <= bound for v in values)


def test_a_snapshot_does_not_change_and_travels() -> None:
    registry, histogram = Registry(), Histogram((1.0,))
    registry.add(lambda: [TOOK.sample(histogram.distribution()), LEVEL.sample(1, "x")])
    snapshot = registry.snapshot()
    histogram.observe(0.5)
    assert parsed(snapshot)["epihub_test_took_seconds_count", ()] == 0
    sent = msgspec.msgpack.encode(snapshot)
    assert msgspec.msgpack.decode(sent, type=Snapshot) == snapshot


def test_devices_beyond_the_limit_are_told_together() -> None:
    counts = {f"d{n}": 1 for n in range(10)}
    registry = Registry(most_devices=3)
    registry.add(lambda: [SEEN.sample(count, device, "x") for device, count in counts.items()])
    registry.add(lambda: [figures.DEVICE_SEEN.sample(float(n), f"d{n}") for n in range(10)])
    told = {
        sample.labels[0][1]: sample.value for sample in merge(registry.snapshot()) if sample.metric == SEEN
    }
    assert told == {"d0": 1, "d1": 1, "d2": 1, OTHER: 7}
    oldest = [
        s.value
        for s in merge(registry.snapshot())
        if s.metric == figures.DEVICE_SEEN and s.labels[0][1] == OTHER
    ]
    assert oldest == [3.0]
    counts = {"new": 5, **counts}
    assert {sample.labels[0][1] for sample in merge(registry.snapshot()) if sample.metric == SEEN} == {*told}


def test_equal_series_are_one() -> None:
    one, two = Histogram((1.0,)), Histogram((1.0,))
    one.observe(0.5)
    two.observe(2)
    read = parsed(
        [
            TOOK.sample(one.distribution()),
            TOOK.sample(two.distribution()),
            LEVEL.sample(1, "a"),
            LEVEL.sample(3, "a"),
        ]
    )
    assert read["epihub_test_took_seconds_count", ()] == 2
    assert read["epihub_test_level", (("what", "a"),)] == 3


def test_a_removed_collector_is_not_asked() -> None:
    registry = Registry()

    def collect() -> list[Sample]:
        return [LEVEL.sample(1, "x")]

    registry.add(collect)
    registry.remove(collect)
    assert registry.snapshot() == ()


@pytest.mark.parametrize(
    "samples",
    [
        [LEVEL.sample(1, "a"), Metric("epihub_test_level", "gauge", "Else.", ("what",)).sample(1, "a")],
        [TOOK.sample(1), TOOK.sample(Histogram().distribution())],
        [TOOK.sample(Histogram((1.0,)).distribution()), TOOK.sample(Histogram((2.0,)).distribution())],
    ],
)
def test_a_name_means_one_thing(samples: list[Sample]) -> None:
    with pytest.raises(ValueError, match="epihub_test"):
        merge(samples)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("hub_x", "gauge"), ("epihub_X", "gauge"), ("epihub_x", "counter"), ("epihub_x_total", "gauge")],
)
def test_names_follow_the_rules(name: str, kind: str) -> None:
    with pytest.raises(ValueError, match=name):
        msgspec.convert({"name": name, "kind": kind, "help": "x"}, Metric)


def test_labels_are_given_in_full() -> None:
    with pytest.raises(ValueError, match="shorter"):
        SEEN.sample(1, "d1")


@dataclass
class SpoolFigures:
    spooled: int = 10
    receipted: int = 6
    waiting: int = 3
    skipped: int = 1
    used_bytes: int = 4096
    quota_bytes: int = 8192


@dataclass
class SinkFigures:
    delivered: int = 9
    stored: int = 6
    duplicates: int = 2
    quarantined: int = 1
    commits: int = 3
    failures: int = 0
    last_number: int = 6


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["commit", "refuse", "wait"])), max_size=12))
def test_the_sums_hold_in_every_scrape(messages: list[tuple[int, str]]) -> None:
    counters = {f"d{n}": MessageCounters() for n in range(10)}
    registry = Registry(most_devices=4)
    registry.add(lambda: [s for d, c in counters.items() for s in figures.of_messages(d, "hl7_mllp", c)])
    registry.add(lambda: figures.of_spool(SpoolFigures()))
    registry.add(lambda: figures.of_relay(RelayCounters()))
    registry.add(lambda: figures.of_sink(SinkFigures(), waiting=4))
    for number, end in messages:
        one = counters[f"d{number}"]
        one.received += 1
        check(registry)
        one.committed += end == "commit"
        one.refused += end == "refuse"
        check(registry)
    check(registry)


def check(registry: Registry) -> None:
    read: dict[str, float] = {}
    for (name, _), value in parsed(registry.snapshot()).items():
        read[name] = read.get(name, 0) + value
    edge, spool, hub = "epihub_edge_messages_", "epihub_spool_events_", "epihub_hub_events_"
    assert read[f"{edge}received_total"] == (
        read[f"{edge}committed_total"] + read[f"{edge}refused_total"] + read[f"{edge}in_flight"]
    )
    assert read[f"{spool}spooled_total"] == (
        read[f"{spool}receipted_total"] + read[f"{spool}waiting"] + read[f"{spool}skipped_total"]
    )
    assert read[f"{hub}delivered_total"] == (
        read[f"{hub}stored_total"] + read[f"{hub}duplicates_total"] + read[f"{hub}quarantined_total"]
    )


def test_every_metric_is_documented() -> None:
    """docs/metrics.md has a row for each metric of the code, with its kind and labels, and no other."""
    rows = re.findall(
        r"^\| `(epihub_\w+)` \| (\w+) \|([^|]*)\|", (ROOT / "docs/metrics.md").read_text(), re.M
    )
    documented = {name: (kind, tuple(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}
    assert documented == dict(metrics_of_the_code())


def metrics_of_the_code() -> Iterable[tuple[str, tuple[str, tuple[str, ...]]]]:
    """Every ``NAME = Metric("…", "kind", "…", labels)``; labels may be a constant of the same module."""
    for path in [
        path for top in ("hub", "adapters", "storage", "api") for path in (ROOT / top).rglob("*.py")
    ]:
        tree = ast.parse(path.read_text())
        assigned = {ast.unparse(n.targets[0]): n.value for n in tree.body if isinstance(n, ast.Assign)}
        for value in assigned.values():
            if isinstance(value, ast.Call) and ast.unparse(value.func) == "Metric":
                name, kind, _, *labels = [
                    *value.args,
                    *(k.value for k in value.keywords if k.arg == "labels"),
                ]
                given = [assigned.get(ast.unparse(label), label) for label in labels[:1]]
                yield (
                    ast.literal_eval(name),
                    (ast.literal_eval(kind), ast.literal_eval(given[0]) if given else ()),
                )
