"""The demo's gates at work: the people of ``demo_gates``, coming and going without end."""

from datetime import UTC, datetime

from simulators.gates.demo_gates import BORN_BY, CODES_A_SECOND, PEOPLE, SEED, STAY_SECONDS, demo_plans
from simulators.gates.gate_life import Habits
from simulators.gates.gate_plan import GateLines
from simulators.gates.gate_run import GateRun, gate_run
from simulators.gates.gate_truth import GateTruth
from simulators.gates.gate_wires import GateWires
from simulators.gates.scanner_lines import Notice
from simulators.gates.zone_life import Stay
from simulators.gates.zone_people import World
from simulators.truth import TruthFile

HABITS = Habits(wrong=0.05, doubled=0.05)


def demo_run(hub: tuple[str, int], truth: TruthFile, notice: Notice) -> GateRun:
    """``hub``: where it listens for scanners."""
    world = World(
        PEOPLE,
        SEED,
        datetime.now(UTC),
        HABITS,
        Stay(STAY_SECONDS, resident=0.0),
        CODES_A_SECOND,
        endless=True,
        born_by=BORN_BY,
    )
    return gate_run(demo_plans(), world, GateWires(GateLines(tcp=hub), notice=notice), GateTruth(truth))
