"""The demo's gates: who comes there, and what its hub has to know. The same people every time."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from importlib import resources

from simulators.gates.framing import FRAMINGS
from simulators.gates.gate_plan import NETWORK, GateLines, GatePlan
from simulators.gates.gate_rules import Direction, SiteRules
from simulators.gates.gate_settings import TRUST_LIST, device_toml
from simulators.gates.histories import histories
from simulators.gates.list_tables import tables
from simulators.gates.people import population

SEED, PEOPLE, BORN_BY = 7564, 300, date(2026, 1, 1)
CODES_A_SECOND = 1.0
STAY_SECONDS = 180.0
# A hospital that looks for a few people, and a clinic that asks for two doses.
HOSPITAL = SiteRules("demo hospital", lists=True, duplicate_seconds=10)
CLINIC = SiteRules("demo clinic", doses=2, lists=True, duplicate_seconds=10)
_GATES: tuple[tuple[str, str, Direction, SiteRules], ...] = (
    ("cong-thong-nhat-vao", "bv-thong-nhat", "in", HOSPITAL),
    ("cong-thong-nhat-ra", "bv-thong-nhat", "out", HOSPITAL),
    ("cong-long-thanh-vao", "ttyt-long-thanh", "in", CLINIC),
    ("cong-long-thanh-ra", "ttyt-long-thanh", "out", CLINIC),
)


def demo_plans() -> tuple[GatePlan, ...]:
    """All behind one listener, told apart by where they dial from."""
    return tuple(
        GatePlan(
            device, site, site, direction, "tcp", number, FRAMINGS[number], rules,
            address=f"{NETWORK}.250.{number + 1}",
        )
        for number, (device, site, direction, rules) in enumerate(_GATES)
    )  # fmt: skip


def demo_gates_toml(port: int) -> str:
    """Their ``[[device]]`` tables, for a hub that listens on ``port``; ``TRUST_LIST`` lies beside it."""
    lines = GateLines(tcp=("127.0.0.1", port))
    return "\n".join(device_toml(plan, lines) for plan in demo_plans())


def demo_trust_list() -> tuple[str, str]:
    """Name and text of the file that trusts the simulated issuer; it lies beside this module."""
    return TRUST_LIST, resources.files("simulators.gates").joinpath(TRUST_LIST).read_text("utf-8")


def demo_tables() -> Iterator[tuple[str, str]]:
    """(list, table) of what the demo's hub is given of these people: who is looked for, who has doses."""
    people = population(PEOPLE, SEED, BORN_BY)
    known = zip(people, histories(people, SEED, datetime.now(UTC)), strict=True)
    return ((name, text) for name, text in tables(known).items() if name != "declared")
