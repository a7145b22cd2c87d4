"""A hundred fridge-years judged twice: ``./dev soak alarms [--years N] [--orders N] [--workers N]``.

Each simulated year arrives as a bad line brings it: a third of it late, in any order, doubled, contradicted,
by wrong clocks, under calibrations that are edited. The product assesses it some hundred times; three
times and at the end every episode is compared with the reference, which was written from docs/alarm_rules.md
alone. Then one year arrives in other orders: its ledger must be the same bytes each time. The report is
docs/evidence/<date>-alarms.md.
"""

import argparse
import multiprocessing
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from tests.alarm_reference.agreement import Verdict, judge_year
from tests.alarm_reference.ledgers import ledger_of_all_at_once, ledger_of_batches
from tests.alarm_reference.years import FridgeYear, fridge_year
from tests.bench.parts.machine import syncs_a_second
from tests.soak.parts.evidence import heading, named, publish

SHOWN = 20  # of what was wrong
LEDGERS: dict[str, Callable[[FridgeYear, int], bytes]] = {
    "all at once, in any order": ledger_of_all_at_once,
    "in batches, each in any order": ledger_of_batches,
}


def main(arguments: Sequence[str]) -> int:
    """0 when no episode and no ledger differed; AssertionError and no report otherwise."""
    options = _options(arguments)
    seeds = range(options.seed, options.seed + options.years)
    began = time.monotonic()
    # Spawned: nothing of one year's state can reach another's.
    with ProcessPoolExecutor(options.workers, multiprocessing.get_context("spawn")) as pool:
        verdicts = list(_progress(pool, seeds))
        wrong = [line for verdict in verdicts for line in verdict.wrong]
        assert not wrong, "\n".join([f"{len(wrong)} differences", *wrong[:SHOWN]])
        sizes = {name: _same(pool, name, options.seed, options.orders) for name in LEDGERS}
    seconds = time.monotonic() - began
    with tempfile.TemporaryDirectory(prefix="epihub-soak-") as folder:
        syncs = syncs_a_second(Path(folder))
    publish(report(options, syncs, verdicts, sizes, seconds), options.report)
    return 0


def _progress(pool: ProcessPoolExecutor, seeds: Sequence[int]) -> Iterator[Verdict]:
    """Each year as it is done; it says so."""
    pending = [pool.submit(judge_year, seed) for seed in seeds]
    for number, done in enumerate(as_completed(pending), 1):
        verdict = done.result()
        print(
            f"{number}/{len(pending)}: year {verdict.seed}, {verdict.arrivals:,} readings, "
            f"{verdict.episodes.total():,} episodes, {len(verdict.missed)} missed, "
            f"{len(verdict.false)} false, {len(verdict.different)} different",
            file=sys.stderr,
            flush=True,
        )
        yield verdict


def _same(pool: ProcessPoolExecutor, name: str, seed: int, orders: int) -> int:
    """How many entries the one ledger has that all orders give."""
    ledgers = Counter(pool.map(_ledger, [(name, seed, order) for order in range(orders)]))
    assert len(ledgers) == 1, f"{name}: {orders} orders of arrival gave {len(ledgers)} ledgers"
    [ledger] = ledgers
    print(f"{name}: {orders} times the same {len(ledger):,} bytes", file=sys.stderr, flush=True)
    return ledger.count(b"\n") + 1


def _ledger(task: tuple[str, int, int]) -> bytes:
    name, seed, order = task
    return LEDGERS[name](fridge_year(seed), order)


def report(
    options: argparse.Namespace,
    syncs: float,
    verdicts: Sequence[Verdict],
    sizes: dict[str, int],
    seconds: float,
) -> str:
    """The report in Markdown."""
    command = f"./dev soak alarms --years {options.years} --orders {options.orders} --seed {options.seed}"
    episodes = sum((verdict.episodes for verdict in verdicts), Counter[str]())
    lines = [
        *heading("Alarms and their reference", command, syncs),
        "| | |",
        "|---|---|",
        *(f"| {name} | {value} |" for name, value in _rows(verdicts, seconds)),
        *(
            f"| one year {name}: orders, different ledgers, entries | {options.orders}, 1, {entries:,} |"
            for name, entries in sizes.items()
        ),
        "",
        "| rule | episodes at the end of the years |",
        "|---|---|",
        *(f"| {name} | {count:,} |" for name, count in sorted(episodes.items())),
        "",
        "Every episode was compared whole: start, raised and cleared to the millisecond, severity, worst",
        "value, and whether a bridge lies in it; a difference would have left no report. The reference",
        "(`tests/alarm_reference`) was written from [the rule text](../alarm_rules.md) alone and is naive;",
        "the fridges are simulated ([simulators](../simulators.md)). Both could misread the text alike: what",
        "real devices said of their own readings is tested apart. Of a year that comes all at once, what a",
        "replay of its episodes enters was compared too.",
        "",
    ]
    return "\n".join(lines)


def _rows(verdicts: Sequence[Verdict], seconds: float) -> Iterator[tuple[str, str]]:
    def total(of: Callable[[Verdict], float]) -> float:
        return sum(of(verdict) for verdict in verdicts)

    arrivals = total(lambda one: one.arrivals)
    yield "fridge-years", f"{len(verdicts):,}"
    yield "readings that came", f"{arrivals:,.0f}"
    yield "of which late, with a backlog", f"{total(lambda one: one.late) / arrivals:.1%}"
    yield "assessments", f"{total(lambda one: one.assessments):,.0f}"
    yield "restarts of the evaluator", f"{total(lambda one: one.restarts):,.0f}"
    yield "times both were asked about a whole year so far", f"{total(lambda one: one.asked):,.0f}"
    yield "episodes at the end", f"{total(lambda one: one.episodes.total()):,.0f}"
    yield "of which inferred", f"{total(lambda one: one.inferred):,.0f}"
    yield "missed, false, different in any field", "0, 0, 0"
    yield "times the evaluator wanted older readings", f"{total(lambda one: one.asked_back):,.0f}"
    yield "CPU of the evaluator and its feeding, s", f"{total(lambda one: one.product_seconds):,.0f}"
    yield "CPU of the reference, s", f"{total(lambda one: one.reference_seconds):,.0f}"
    yield "seconds in all", f"{seconds:,.0f}"


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev soak alarms", description=__doc__)
    parser.add_argument("--years", type=int, default=100)
    parser.add_argument("--orders", type=int, default=10, help="in which one year arrives")
    parser.add_argument("--workers", type=int, default=2, help="processes side by side")
    parser.add_argument("--seed", type=int, default=1, help="of the first year")
    parser.add_argument("--report", type=Path, default=named("alarms"))
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
