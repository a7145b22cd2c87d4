"""All gates of a simulation under one roof: made of plans and lines, run, counted."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from simulators.gates.gate_life import GateLife, Habits, PushingGate, ScannedGate
from simulators.gates.gate_plan import GatePlan
from simulators.gates.gate_truth import GateTruth
from simulators.gates.gate_wires import GateWires
from simulators.gates.relay_board import RelayBoard
from simulators.gates.shown_codes import wrong_codes
from simulators.gates.zone_life import ZoneLife
from simulators.gates.zone_people import World, a_certificate, zones_of


@dataclass
class GateRun:
    """Made by ``gate_run``; ``finish`` makes every gate send what it keeps, and end."""

    lives: Sequence[GateLife]
    zones: Sequence[ZoneLife]
    truth: GateTruth
    wires: GateWires

    async def run(self) -> None:
        """Until everybody has come and gone; raises OSError."""
        for life in self.lives:
            self.truth.gate(life.plan)
        try:
            async with asyncio.TaskGroup() as group:
                for life in self.lives:
                    group.create_task(life.run(), name=f"gate[{life.plan.id}]")
        finally:
            for zone in self.zones:
                zone.close()
                self.truth.zone(zone.zone, zone.judge.inside)
            await self.wires.close()

    def finish(self) -> None:
        """Nobody else comes."""
        for life in self.lives:
            life.finishing.set()
        for zone in self.zones:
            zone.finish()

    def summary(self) -> dict[str, object]:
        """The last line of the truth."""
        counts = self.wires.counts()
        lines = {name: getattr(counts, name) for name in counts.__slots__}
        return {"kind": "counts", "lines": lines, "shows": dict(self.truth.counts)}

    def progress(self) -> str:
        """One line."""
        told, lines = self.truth.counts, self.wires.counts()
        inside = sum(zone.judge.inside for zone in self.zones)
        return (
            f"codes: {told['shown']:,} shown, {told['allow']:,} to be let in, {told['deny']:,} refused, "
            f"{told['retry']:,} nobody's; {told['again']:,} twice, {lines.again:,} again after a loss; "
            f"inside: {inside:,}"
        )


def gate_run(
    plans: Sequence[GatePlan],
    world: World,
    wires: GateWires,
    truth: GateTruth,
    board: RelayBoard | None = None,
) -> GateRun:
    """Must be made where an event loop runs. ``board``: the relays of all gates that only speak."""
    zones = zones_of(plans, world)
    certificate = a_certificate(world.wallets())
    pause = len(plans) / world.rate if world.rate else 0.0
    habits = replace(world.habits, pause_seconds=pause)

    def life(plan: GatePlan) -> GateLife:
        rng = random.Random(f"gate {world.seed} {plan.id}")
        mine = _habits_of(plan, habits)
        common = (plan, zones[plan.zone], truth, mine, rng, wrong_codes(rng, certificate))
        if plan.has_clock:
            return PushingGate(*common, line=wires.push(plan, rng))
        return ScannedGate(*common, line=wires.scanner(plan, rng), board=board)

    return GateRun([life(plan) for plan in plans], list(zones.values()), truth, wires)


def _habits_of(plan: GatePlan, habits: Habits) -> Habits:
    """A terminal with numbers tells only of those that it could read."""
    return replace(habits, wrong=0.0) if plan.way == "zkteco" else habits
