"""Runs units against a hub: each lives, sends what it measured, and its truth is written as it goes."""

import asyncio
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from simulators.cold_chain.modbus_slaves import ModbusSlaves
from simulators.cold_chain.mqtt_line import MqttLine
from simulators.cold_chain.unit_faults import UnitFaults
from simulators.cold_chain.unit_life import UnitLife
from simulators.cold_chain.unit_lines import FolderLine, HttpLine, LineCounts
from simulators.cold_chain.unit_plan import IN_FILES, OVER_MQTT, POLLED, Talker, UnitPlan
from simulators.cold_chain.unit_sample import Message
from simulators.cold_chain.unit_truth import UnitTruth
from simulators.cold_chain.world_clock import WorldClock
from simulators.truth import TruthFile

TICK_SECONDS = 0.2
STRIDE_MS = 3_600_000  # of the world, at most, between two looks at the other units


class Line(Protocol):
    """Over which a unit sends."""

    counts: LineCounts

    def send(self, plan: UnitPlan, message: Message) -> Awaitable[None]: ...


@dataclass(slots=True)
class Wires:
    """The lines that there are."""

    mqtt: MqttLine | None = None
    http: HttpLine | None = None
    folder: FolderLine | None = None
    modbus: ModbusSlaves | None = None

    def of(self, talker: Talker) -> Line:
        """The line of a talker; there is one."""
        found: Line | None = self.http
        for line, talkers in ((self.mqtt, OVER_MQTT), (self.folder, IN_FILES), (self.modbus, POLLED)):
            found = line if talker in talkers else found
        assert found is not None
        return found

    def counts(self) -> LineCounts:
        """Of all lines."""
        if self.folder is not None:
            self.folder.look()
        lines: list[Line | None] = [self.mqtt, self.http, self.folder]
        found = [line.counts for line in lines if line is not None]
        return LineCounts(*(sum(getattr(each, name) for each in found) for name in LineCounts.__slots__))

    async def taken(self) -> None:
        """Until all that was sent is taken."""
        if self.mqtt is not None:
            await self.mqtt.taken()
        if self.folder is not None:
            await self.folder.taken()

    async def open(self) -> None:
        """Raises OSError."""
        if self.modbus is not None:
            await self.modbus.open()

    async def close(self) -> None:
        for line in (self.mqtt, self.modbus):
            if line is not None:
                await line.close()


@dataclass(slots=True)
class Unit:
    """One unit and its truth; it has lived until ``world_ms``."""

    life: UnitLife
    truth: UnitTruth
    world_ms: int

    @classmethod
    def of(cls, plan: UnitPlan, faults: UnitFaults, seed: int, start_ms: int) -> "Unit":
        return cls(UnitLife(plan, faults, seed, start_ms), UnitTruth(plan, faults, start_ms), start_ms)


@dataclass(slots=True)
class ColdRun:
    """All units under one clock."""

    units: Sequence[Unit]
    wires: Wires
    clock: WorldClock
    file: TruthFile
    finishing: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Until the world ends, or until told to; raises OSError when a file cannot be written."""
        await self.wires.open()
        for unit in self.units:
            self.file.write(unit.truth.head())
        try:
            async with asyncio.TaskGroup() as group:
                for unit in self.units:
                    group.create_task(self._live(unit), name=f"unit[{unit.life.plan.id}]")
            await self.wires.taken()
        finally:
            self._tell_all()
            await self.wires.close()

    async def _live(self, unit: Unit) -> None:
        line = self.wires.of(unit.life.plan.talker)
        while not self.finishing.is_set():
            await self._go_on(unit, line)
            if unit.world_ms >= self.clock.world_ms():
                if self.clock.over:
                    break
                with suppress(TimeoutError):
                    async with asyncio.timeout(TICK_SECONDS):
                        await self.finishing.wait()
        for message in unit.life.rest(unit.world_ms):
            await self._send(unit, line, message)

    async def _go_on(self, unit: Unit, line: Line) -> None:
        """One stride, or as far as the clock is."""
        until_ms = min(self.clock.world_ms(), unit.world_ms + STRIDE_MS)
        for message in unit.life.until(until_ms, self.clock.latest_ms()):
            await self._send(unit, line, message)
        unit.world_ms = until_ms
        for told in (*unit.truth.begun(until_ms), *unit.truth.look(until_ms)):
            self.file.write(told)
        await asyncio.sleep(0)

    async def _send(self, unit: Unit, line: Line, message: Message) -> None:
        unit.truth.claim(message.claims)  # before its first byte is sent
        await line.send(unit.life.plan, message)

    def _tell_all(self) -> None:
        for unit in self.units:
            for told in unit.truth.judged(unit.world_ms):
                self.file.write(told)

    def finish(self) -> None:
        """Units send what they keep, and end."""
        self.finishing.set()

    def progress(self) -> str:
        """One line."""
        counts = self.wires.counts()
        world_ms = sum(unit.world_ms for unit in self.units) // len(self.units)  # on the average
        at = datetime.fromtimestamp(world_ms / 1000, UTC)
        return (
            f"world: {at:%Y-%m-%d %H:%M}Z{self._share(world_ms)} · messages: {counts.sent:,} sent, "
            f"{counts.taken:,} taken, {counts.again:,} tried again, {counts.refused:,} refused; "
            f"readings: {sum(unit.truth.readings for unit in self.units):,}"
        )

    def _share(self, world_ms: int) -> str:
        if self.clock.end_ms is None:
            return " (live)" if self.clock.live and world_ms >= self.clock.world_ms() - STRIDE_MS else ""
        whole = max(1, self.clock.end_ms - self.clock.start_ms)
        return f" ({(world_ms - self.clock.start_ms) / whole:.0%})"

    def summary(self) -> dict[str, object]:
        """The last line of the truth."""
        counts = self.wires.counts()
        return {
            "kind": "counts",
            **{name: getattr(counts, name) for name in LineCounts.__slots__},
            "readings": sum(unit.truth.readings for unit in self.units),
            "kept": sum(unit.life.kept for unit in self.units),
            "twice": sum(unit.life.twice for unit in self.units),
        }
