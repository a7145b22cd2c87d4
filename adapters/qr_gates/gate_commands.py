"""What people want a gate to do: open for somebody, or count anew from a number that somebody counted."""

from contextlib import suppress
from typing import TYPE_CHECKING

from adapters.qr_gates.barriers.barrier import BarrierFault
from adapters.qr_gates.gate_zones import count_fact
from hub.contract import DeviceCommand, Fact, Screen
from hub.errors import NotCommitted
from hub.payloads import GateDecision, Passage
from hub.streams import now_ms

if TYPE_CHECKING:
    from adapters.qr_gates.gate import Gate

OPEN, SET_COUNT = "open", "occupancy.set"
MOST_PEOPLE = 1_000_000
BY_HAND = "opened.by_hand"


class GateCommands:
    """Of one gate; each command is answered once."""

    def __init__(self, gate: "Gate") -> None:
        self._gate = gate

    async def obey(self) -> None:
        """Until cancelled."""
        async for command in self._gate.outlet.commands():
            try:
                await self._do(command)
            except NotCommitted:
                with suppress(NotCommitted):  # it stays open then, and its edge ends it once it can be told
                    await command.failed("not_stored")

    async def _do(self, command: DeviceCommand) -> None:
        match command.action:
            case "open" if self._gate.config.relay is None:
                await command.refused("gate.no_relay")
            case "open" if now_ms() > command.expires_ms:
                await command.expired()
            case "open":
                await self._open(command)
            case "occupancy.set":
                await self._set_count(command)
            case _:
                await command.refused("command.unknown")

    async def _open(self, command: DeviceCommand) -> None:
        """Told before anything moves; the scan of a decision by hand is the command."""
        gate, at_ms = self._gate, now_ms()
        config = gate.config
        told = GateDecision(
            command.id, "manual", BY_HAND, "manual", 0.0, (), config.rules.version, config.zone_name
        )
        facts = [Fact(told, f"{at_ms}|{command.id}", at_ms, "received")]
        infers = not gate.barrier.confirms
        if infers:
            passage = Passage(None, config.direction, False, config.zone_name)
            facts.append(Fact(passage, f"{at_ms}|{command.id}", at_ms, "received"))
        await gate.outlet.emit(*facts)
        if infers:
            gate.zone.pass_through(None, config.direction, at_ms)
        else:
            gate.passages.await_one(None, None, at_ms)
        gate.outlet.show(Screen(config.id, at_ms, told.decision, told.reason))
        try:
            await gate.barrier.open()
        except BarrierFault as fault:
            await command.failed(str(fault))
        else:
            await command.done()

    async def _set_count(self, command: DeviceCommand) -> None:
        """What the edge told since stays told; it counts on from here."""
        count = command.args.get("count")
        if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count <= MOST_PEOPLE:
            await command.refused("occupancy.count")
            return
        zone = self._gate.zone
        if command.args.get("zone") != zone.zone:
            await command.refused("occupancy.other_zone")  # it leads elsewhere since the hub heard of it
            return
        before = zone.count
        zone.set_to(count)
        told = zone.tell(command.by)
        try:
            await self._gate.outlet.emit(count_fact(told, now_ms()))
        except NotCommitted:
            zone.count += before - count
            zone.untell(told)
            raise
        await command.done(f"count={count}")
