"""What forty machines measured is what is stored: ``./dev soak lab-truth [--results N] [--kills N]``.

Simulated analyzers of every model send over MLLP, ASTM, a serial line and files, with the faults of
``laboratories.PLAN``; the whole of ``epihub up`` is killed again and again and started anew. In the end the
API's results and its log are compared with the truth. The report is docs/evidence/<date>-lab-truth.md.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from tests.bench.parts.machine import syncs_a_second
from tests.fire.analyzers import Ledger
from tests.fire.installation import Installation
from tests.fire.oracle import Findings, drained, examine
from tests.fire.patience import until
from tests.fire.scrapes import Scrapes
from tests.simulators.comparable_results import lines, of_truth
from tests.soak.parts.compared import Compared, compare
from tests.soak.parts.evidence import heading, named, publish
from tests.soak.parts.laboratories import PLAN, Laboratories, counts, laboratories

LONGEST_SECONDS = 3600.0
DRAIN_SECONDS = 300.0
# How long machines wait for an answer. A serial line does not tell that the hub is gone: each kill costs so
# much there.
ANSWER_SECONDS = 3.0
ASKING = 0.02  # of the specimens of machines that can ask
LONGEST_BREATH_SECONDS = 0.5


@dataclass(frozen=True)
class Outcome:
    """What a run did. ``sent``: the simulators' own counts, ``seconds``: until all was sent, until all was
    compared."""

    kills: int
    sent: dict[str, Any]
    compared: Compared
    findings: Findings
    scrapes: Scrapes
    seconds: tuple[float, float]


class TruthLedger(Ledger):
    """The oracle's ledger, from a truth file: everything in it was acknowledged."""

    def __init__(self, truth: Path) -> None:
        super().__init__()
        keys = [of_truth(record)[0] for record in lines(truth)]
        self.acknowledged = self.sent = {str(number): key.specimen for number, key in enumerate(keys)}
        times = Counter((key.specimen, key.test) for key in keys)
        self.corrected = {fact for fact, count in times.items() if count > 1}
        self._facts = set(times)

    def facts(self, control_ids: dict[str, str]) -> set[tuple[str, str]]:
        return self._facts


async def soak(
    folder: Path,
    results: int,
    kills: int,
    seed: int,
    *,
    analyzers: int = 40,
    answer_seconds: float = ANSWER_SECONDS,
    asking: float = ASKING,
    plan: str = PLAN,
) -> Outcome:
    """A whole run; AssertionError when anything is lost, doubled, on another specimen or told differently."""
    installation = Installation.make(folder, "one machine")
    scrapes = Scrapes(installation)
    began = time.monotonic()
    simulated = laboratories(
        installation, analyzers, results, seed, answer_seconds=answer_seconds, asking=asking, plan=plan
    )
    async with simulated as labs:
        watching = asyncio.create_task(scrapes.run(), name="scrapes")
        try:
            await _kill_at_random(labs, results, kills, Random(seed))
            await until(labs.has_ended, "all was sent and taken", LONGEST_SECONDS)
            assert labs.process.returncode == 0, (folder / "simulators.log").read_text("utf-8")[-2000:]
            sent_seconds = time.monotonic() - began
            await drained(installation, scrapes, DRAIN_SECONDS)
            url = f"http://127.0.0.1:{installation.api_port}"
            await installation.until_api()
            compared = await asyncio.to_thread(compare, labs.truth, url)
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
        ledger = TruthLedger(labs.truth)
        findings = examine(installation, ledger, ledger.corrected)
        assert not compared.wrong, compared.wrong
        assert not findings.wrong, findings.wrong
        assert not scrapes.wrong, scrapes.wrong[:5]
        seconds = (sent_seconds, time.monotonic() - began)
        return Outcome(kills, counts(labs.truth), compared, findings, scrapes, seconds)


async def _kill_at_random(labs: Laboratories, results: int, kills: int, random: Random) -> None:
    """Each kill comes when a random number of results is measured, and a random breath later."""
    installation = labs.installation
    for number in sorted(random.uniform(0.01, 0.97) * results for _ in range(kills)):
        goal = int(number)
        await until(
            lambda goal=goal: labs.look() >= goal or labs.ended,  # type: ignore[misc]
            f"{goal} results are measured",
            LONGEST_SECONDS,
        )
        await asyncio.sleep(random.uniform(0, LONGEST_BREATH_SECONDS))
        assert not labs.ended, "all was sent before the last kill"
        await installation.kill("up")
        await installation.start("up")


def main(arguments: Sequence[str]) -> int:
    """0 when all was stored as it was measured; AssertionError and no report otherwise."""
    options = _options(arguments)
    plan = options.faults.read_text("utf-8") if options.faults else PLAN
    with tempfile.TemporaryDirectory(prefix="epihub-soak-") as folder:
        syncs = syncs_a_second(Path(folder))
        home = Path(folder) / "province"
        outcome = asyncio.run(
            soak(
                home,
                options.results,
                options.kills,
                options.seed,
                analyzers=options.analyzers,
                plan=plan,
            )
        )
    text = report(options, syncs, outcome, plan)
    publish(text, options.report)
    return 0


def report(options: argparse.Namespace, syncs: float, outcome: Outcome, plan: str = PLAN) -> str:
    """The report in Markdown."""
    command = (
        f"./dev soak lab-truth --results {options.results} --kills {options.kills} --seed {options.seed}"
    )
    return "\n".join(
        [
            *heading("What the analyzers measured is what is stored", command, syncs),
            "| | |",
            "|---|---|",
            *(f"| {name} | {_shown(value)} |" for name, value in _rows(options, outcome)),
            "",
            *_confusion(outcome.compared),
            "",
            "| faults that were injected | times |",
            "|---|---|",
            *(f"| {name} | {count:,} |" for name, count in sorted(outcome.sent["faults"].items())),
            "",
            "The plan: shares of the frames (ASTM), messages (MLLP) and files. What each fault is on which",
            "line: [simulators](../simulators.md).",
            "",
            "```toml",
            plan.rstrip(),
            "```",
            "",
            "Specimen, test, call, targets with Ct and amount, status and control of every result were",
            "compared, among the current results and in the log; a difference would have left no report.",
            "",
        ]
    )


def _rows(options: argparse.Namespace, outcome: Outcome) -> Iterator[tuple[str, int | float | str]]:
    compared, sent = outcome.compared, outcome.sent
    models = ", ".join(f"{count:,} {name}" for name, count in sorted(compared.models.items()))
    yield "machines", options.analyzers
    yield "results measured", compared.results
    yield "of which", models
    yield "lost, doubled, on another specimen, told differently", "0, 0, 0, 0"
    yield "of them corrected by a later message", compared.corrected
    yield "messages, sessions and files sent", sent["sent"]
    yield "sent again", sent["resent"]
    yield "answered in the negative, cut short or rejected", sent["failed"]
    yield "left without an answer", sent["unanswered"]
    states = ", ".join(f"{count:,} {state}" for state, count in sorted(compared.orders.items()))
    yield "host queries, each answered with what was ordered or that nothing was", compared.asked
    yield "orders", states or "none"
    yield "`kill -9` of the whole of `epihub up`", outcome.kills
    yield "events in the log", sum(compared.types.values())
    yield "of which bytes in quarantine", compared.types["quarantine.v1"]
    yield "epochs of the edge", outcome.findings.epochs
    yield "scrapes held to the identities", outcome.scrapes.count
    yield "seconds until all was acknowledged", outcome.seconds[0]
    yield "seconds until all was compared", outcome.seconds[1]


def _confusion(compared: Compared) -> Iterator[str]:
    calls = sorted({call for pair in compared.confusion for call in pair})
    yield f"| measured \\ stored | {' | '.join(calls)} |"
    yield "|---|" + "---|" * len(calls)
    for true in calls:
        yield f"| {true} | {' | '.join(f'{compared.confusion[true, stored]:,}' for stored in calls)} |"


def _shown(value: float | str) -> str:
    if isinstance(value, str):
        return value
    return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev soak lab-truth", description=__doc__)
    parser.add_argument("--results", type=int, default=100_000, help="about so many")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--analyzers", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--faults", type=Path, metavar="PLAN", help="another plan than that of the report")
    parser.add_argument("--report", type=Path, default=named("lab-truth"))
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
