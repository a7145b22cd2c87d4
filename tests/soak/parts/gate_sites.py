"""Simulated gates in this process, in front of an epihub in processes of its own."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from simulators.gates.certificate_issuer import Issuer, trust_list
from simulators.gates.framing import FRAMINGS
from simulators.gates.gate_comparison import Comparison, Truth, compared_in_time, read_truth
from simulators.gates.gate_life import Habits
from simulators.gates.gate_plan import GateLines, GatePlan, gates
from simulators.gates.gate_rules import OPEN
from simulators.gates.gate_run import GateRun, gate_run
from simulators.gates.gate_settings import TRUST_LIST, device_toml
from simulators.gates.gate_truth import GateTruth
from simulators.gates.gate_wires import GateWires
from simulators.gates.relay_board import RelayBoard
from simulators.gates.zone_life import Stay
from simulators.gates.zone_people import World
from simulators.truth import TruthFile
from tests.fire.installation import Installation
from tests.ports import free_port

SKEWS = (600, -600, 300)  # seconds: ten minutes, both ways
SPOKEN = tuple(framing for framing in FRAMINGS if not framing.silent)
TROUBLE = Habits(wrong=0.03, doubled=0.2, backlog=0.02, open_seconds=1.0)
COMPARED_SECONDS = 20.0


@dataclass(frozen=True)
class Crowd:
    """``scanners`` on TCP and ``pushing`` gates, in pairs; ``relays``: who is let in by a scanner waits until
    its gate opens. Each of ``people`` comes once, most leave again."""

    people: int
    scanners: int = 4
    pushing: int = 0
    relays: bool = True
    seed: int = 1
    habits: Habits = TROUBLE


@dataclass
class GateSites:
    """People come from ``begin`` on, until everybody has come and gone."""

    installation: Installation
    run: GateRun
    truth: Path
    work: asyncio.Task[None] | None = None

    def begin(self) -> None:
        self.work = asyncio.create_task(self.run.run(), name="gates")

    @property
    def shown(self) -> int:
        return self.run.truth.counts["shown"]

    def ended(self) -> bool:
        """Raises what ended it, if it was not the end."""
        if self.work is None or not self.work.done():
            return False
        self.work.result()
        return True

    async def end(self) -> None:
        """Whoever is left stays where they are."""
        if self.work is not None:
            self.work.cancel()
            await asyncio.gather(self.work, return_exceptions=True)

    def compared(self) -> Comparison:
        """With the hub's log and zones; call it beside the loop."""
        truth: Truth = read_truth(self.truth)
        url = f"http://127.0.0.1:{self.installation.api_port}"
        return compared_in_time(truth, url, "", COMPARED_SECONDS, lambda text: None)


@asynccontextmanager
async def gate_sites(installation: Installation, crowd: Crowd) -> AsyncIterator[GateSites]:
    """The installation is configured for these gates and started; both are ended behind it."""
    board = RelayBoard()
    await board.start()
    lines, plans = _plans(installation, crowd)
    _configure(installation, plans, lines, board if crowd.relays else None)
    await installation.start()
    path = installation.folder / "truth.jsonl"
    with TruthFile(path) as file:
        world = World(crowd.people, crowd.seed, datetime.now(UTC), crowd.habits, Stay())
        run = gate_run(plans, world, GateWires(lines), GateTruth(file), board if crowd.relays else None)
        sites = GateSites(installation, run, path)
        try:
            yield sites
        finally:
            await sites.end()
            await board.close()
            await installation.end()


def _plans(installation: Installation, crowd: Crowd) -> tuple[GateLines, tuple[GatePlan, ...]]:
    lines = GateLines(("127.0.0.1", free_port()), url=f"http://127.0.0.1:{installation.api_port}")
    scanning = gates(crowd.scanners, crowd.scanners // 2, GateLines(tcp=lines.tcp), OPEN)
    pushing = gates(crowd.pushing, max(1, crowd.pushing // 2), GateLines(url=lines.url), OPEN, SKEWS)
    apart = [
        replace(plan, id=f"may-{plan.id}", site=f"may-{plan.site}", zone=f"may-{plan.zone}")
        for plan in pushing
    ]
    return lines, (*map(_spoken, scanning), *apart)


def _spoken(plan: GatePlan) -> GatePlan:
    """With a framing that says where a code ends: half a second of silence after each takes too long."""
    return replace(plan, framing=SPOKEN[plan.number % len(SPOKEN)])


def _configure(
    installation: Installation, plans: Sequence[GatePlan], lines: GateLines, board: RelayBoard | None
) -> None:
    """The gates instead of the device that every installation begins with."""
    folder = installation.folder
    (folder / TRUST_LIST).write_text(trust_list([Issuer()]), "utf-8")
    head, _, _ = installation.config.read_text("utf-8").partition("[[site]]")
    parts = [_site(site) for site in dict.fromkeys(plan.site for plan in plans)]
    for plan in plans:
        parts.append(device_toml(plan, lines))
        if board is not None and not plan.has_clock:
            parts.append(_relay(folder, plan, board))
    installation.config.write_text(head + "\n".join(parts), "utf-8")
    assert lines.tcp
    installation.listeners[:] = [lines.tcp[1]]


def _site(site: str) -> str:
    return (
        f'[[site]]\nid = {json.dumps(site)}\nname = "Điểm kiểm soát"\nkind = "quarantine"\ndistrict = "731"\n'
    )


def _relay(folder: Path, plan: GatePlan, board: RelayBoard) -> str:
    secret = folder / f"relay-{plan.id}"
    secret.touch(mode=0o600)
    secret.write_text(f"http://{board.host}:{board.port}/{plan.id}/open", "utf-8")
    return f'[device.relay]\nby = "http"\nopen_url = {{ file = "{secret.name}" }}\n'
