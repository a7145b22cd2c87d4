"""./dev bench alarms: what alarm rules cost, beside json.loads of the same payloads in the same run.

500 fridges of the profile "fridge" with all its rules speak every five minutes; some doors stay open, some
compressors fail, some probes too. The evaluator takes readings in groups, as a commit brings them, and is
asked after each group what changed and when to look again. Once in live order, once with 30 % that come up
to a day late. In turns, a slice each, and by CPU time,
so that a busy machine is busy for both.
"""

import argparse
import gc
import json
import sys
import time

from hub.alarms.evaluator import Evaluator
from hub.alarms.profiles import load_profile
from hub.alarms.readings import Series
from hub.alarms.rules import InForce
from tests.bench.parts.command import options_of, status_of
from tests.bench.parts.fridges import BEGIN_MS, Sent, sent
from tests.bench.parts.verdict import Target, conclude, print_table

GROUP = 50  # readings of one commit
SLICE = 5_000
LATE_SHARE = 0.3
Row = dict[str, float | str]


def evaluator_of(stream: list[Sent]) -> Evaluator:
    """It watches every series of the stream that the profile has rules for."""
    evaluator = Evaluator()
    rules = load_profile("fridge").rules
    for series in sorted({Series(*each.arrival[0]) for each in stream}):
        versions = [InForce(rule) for rule in rules if rule.metric == series.metric]
        evaluator.watch(series, versions, watched_from_ms=BEGIN_MS)
    evaluator.assess(BEGIN_MS)
    return evaluator


def evaluate(evaluator: Evaluator, stream: list[Sent]) -> int:
    """Group by group; how many changes there were."""
    changes = 0
    for at in range(0, len(stream), GROUP):
        group = stream[at : at + GROUP]
        evaluator.add([each.arrival for each in group])
        changes += len(evaluator.assess(group[-1].arrives_ms))
        evaluator.due_ms()
    return changes


def measure(name: str, stream: list[Sent]) -> Row:
    """Readings a second of the evaluator, and of json.loads."""
    evaluator = evaluator_of(stream)
    gc.collect()
    gc.freeze()  # the stream waits in memory for the bench alone: no sweep should pass over it
    spent, parsed, changes = 0.0, 0.0, 0
    for at in range(0, len(stream), SLICE):
        part = stream[at : at + SLICE]
        began = time.process_time()
        changes += evaluate(evaluator, part)
        between = time.process_time()
        for each in part:
            json.loads(each.payload)
        parsed += time.process_time() - between
        spent += between - began
    return {
        "order": name,
        "readings": len(stream),
        "changes": changes,
        "evaluated_a_second": len(stream) / spent,
        "loads_a_second": len(stream) / parsed,
        "times_loads": parsed / spent,
    }


async def bench(asked: argparse.Namespace) -> bool:
    """Run both, print tables and JSON; True when all limits were held."""
    rows = [
        measure("live", sent(asked.fridges, asked.rounds, 0.0)),
        measure("30 % late", sent(asked.fridges, asked.rounds, LATE_SHARE)),
    ]
    print_table(rows)
    live, late = rows
    cost = float(live["evaluated_a_second"]) / float(late["evaluated_a_second"])
    print(f"a reading costs {cost:.2f} times as much where 30 % come late")
    targets = [
        Target("readings/s, live", float(live["evaluated_a_second"]), 100_000, True),
        Target("readings/s, live, times json.loads", float(live["times_loads"]), 1.0, True),
    ]
    return conclude(targets, {"runs": rows})


def arguments() -> argparse.ArgumentParser:
    parser = options_of(__doc__)
    parser.add_argument("--fridges", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=600, help="readings of each sensor, five minutes apart")
    return parser


def main() -> int:
    asked = arguments().parse_args()
    return status_of(lambda: bench(asked), check=asked.check)


if __name__ == "__main__":
    sys.exit(main())
