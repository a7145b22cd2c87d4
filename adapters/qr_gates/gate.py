"""One gate, whatever scanner it has: a code is judged, stored and shown; then the gate opens.

The bytes of a code that was understood are kept nowhere; of one that was not, sealed in quarantine.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from time import perf_counter
from typing import NamedTuple

from adapters.qr_gates.barriers.barrier import Barrier, BarrierFault
from adapters.qr_gates.barriers.gate_barrier import ModbusLines, gate_barrier
from adapters.qr_gates.codes.shown_code import UnreadableCode
from adapters.qr_gates.decisions.decide import Decision, Outcome
from adapters.qr_gates.gate_commands import GateCommands
from adapters.qr_gates.gate_condition import GateCondition
from adapters.qr_gates.gate_config import GateSettings
from adapters.qr_gates.gate_facts import decision_from, decision_of, facts_of, kept_of, screen_of
from adapters.qr_gates.gate_files import code_reader
from adapters.qr_gates.gate_judge import GateJudge, Judged, scan_id
from adapters.qr_gates.gate_people import GatePeople
from adapters.qr_gates.gate_zones import GateZones
from adapters.qr_gates.repeated_codes import Earlier, RepeatedCodes
from adapters.qr_gates.scanners.line_noise import LINE_GARBLED, LineNoise
from adapters.qr_gates.seen_passages import SeenPassages
from hub.contract import Frame, MalformedFrame, Outlet, Screen
from hub.errors import DeviceUnavailable, EpihubError, NotCommitted, first_of
from hub.payloads import GateDecision
from hub.streams import now_ms

NOT_STORED = "not_stored"
SCANNER_AGAIN_SECONDS = 3.0
LIVE_MS = 20_000  # from a scan to our ears, where a device tells when it was


class _Pending(NamedTuple):
    """A scan whose commit has not ended."""

    stored: "asyncio.Future[bytes]"
    earlier: Earlier


class Gate:
    """``barrier``: what opens, and sees people pass. ``scanned`` may be called once ``run`` serves.

    ``condition``: where whoever listens to the scanner tells how its line is.
    """

    def __init__(
        self, config: GateSettings, outlet: Outlet, barrier: Barrier, condition: GateCondition | None = None
    ) -> None:
        self.config = config
        self.outlet = outlet
        self.barrier = barrier
        self.condition = condition or GateCondition(outlet.health)
        self._zones = outlet.shared(GateZones)
        self._memory = self._zones.memory
        self.zone = self._memory.zone(config.zone_name)
        self._repeated = RepeatedCodes()
        self._noise = LineNoise()
        self._pending: dict[str, _Pending] = {}
        self.passages = SeenPassages(config, outlet, self.zone)
        self._clock_offset_s = 0.0
        self._judge: GateJudge | None = None

    async def run(self, serve: Callable[[], Awaitable[None]]) -> None:
        """Until cancelled, or ``serve``, which listens to the scanner, ends; raises DeviceUnavailable."""
        await run_gates([self], serve)

    async def prepare(self) -> None:
        """Read what it needs: files, and what this edge told before; raises DeviceUnavailable."""
        reader = await asyncio.to_thread(code_reader, self.config)
        await self._zones.remember(self.outlet)
        for allowed in self._zones.awaited.pop(self.config.id, ()):
            self.passages.await_one(*allowed)
        people = GatePeople(self.config.rules, self.outlet)
        self._judge = GateJudge(self.config, self.outlet.pseudonyms, reader, people, self.zone)

    def beside(self, tasks: asyncio.TaskGroup) -> list["asyncio.Task[None]"]:
        """Start what runs beside the scanner."""
        return [
            tasks.create_task(self.barrier.run(self.passages.passed), name="barrier"),
            tasks.create_task(self._zones.tell_hourly(self.zone, self.outlet), name="zone"),
            tasks.create_task(GateCommands(self).obey(), name="commands"),
        ]

    def clock(self, offset_seconds: float) -> None:
        """How far the device's clock is ahead: told, and what is asked of people is widened by as much."""
        self._clock_offset_s = offset_seconds
        self.outlet.clock(offset_seconds)

    def scanned(self, frame: Frame, at_ms: int, device_ms: int | None = None) -> Awaitable[Decision]:
        """Queue the commit of a scan at once; awaited, it is on disk, shown, and the gate has opened.

        ``device_ms``: when the device says it was; such a scan sent again is the same. Raises NotCommitted
        when awaited: it was shown, and stored nowhere.
        """
        if earlier := self._repeats(frame.raw, at_ms, device_ms):
            return self._again(earlier, at_ms)
        return self._take(frame, at_ms, device_ms)

    def garbled(self, malformed: MalformedFrame, at_ms: int) -> Awaitable[Decision]:
        """``scanned`` for bytes that did not come whole: nobody's, told and kept."""
        refusal = UnreadableCode(malformed.reason)
        return self._take(Frame(malformed.raw), at_ms, None, refusal)

    def _take(
        self, frame: Frame, at_ms: int, device_ms: int | None, refusal: UnreadableCode | None = None
    ) -> Awaitable[Decision]:
        assert self._judge, "a gate that was not prepared knows nobody"
        began = perf_counter()
        time_ms = at_ms if device_ms is None else device_ms
        judged = self._judge.judge(frame.raw, time_ms, self._clock_offset_s, refusal)
        took_ms = (perf_counter() - began) * 1000
        told = decision_of(judged.decision, judged.scan, self.config, took_ms)
        if device_ms is None and not self._is_told(judged, at_ms):
            return self._shown(judged, screen_of(judged, told, self.config.id, at_ms))
        return self._store(judged, told, frame, at_ms, is_timed=device_ms is not None)

    def _is_told(self, judged: Judged, at_ms: int) -> bool:
        is_told = self._noise.tells(at_ms, is_readable=not kept_of(judged, Frame(b""), at_ms)[1])
        self.condition.trouble("scanner", LINE_GARBLED if self._noise.is_noisy else "")
        return is_told

    async def _shown(self, judged: Judged, screen: Screen) -> Decision:
        self.outlet.show(screen)
        return judged.decision

    def _repeats(self, raw: bytes, at_ms: int, device_ms: int | None) -> Earlier | None:
        if device_ms is None:
            return self._repeated.find(raw, at_ms)
        scan = scan_id(self.outlet.pseudonyms, self.config.id, raw, device_ms)
        if pending := self._pending.get(scan):
            return pending.earlier
        told = self._memory.decided(scan)
        return Earlier(at_ms, scan, decision_from(told)) if told else None

    async def _again(self, earlier: Earlier, at_ms: int) -> Decision:
        """The stored decision once more; nothing is told and nothing moves."""
        if pending := self._pending.get(earlier.scan):
            await asyncio.shield(pending.stored)
        if earlier.screen:
            self.outlet.show(replace(earlier.screen, at_ms=at_ms))
        return earlier.decision

    def _store(
        self, judged: Judged, told: GateDecision, frame: Frame, at_ms: int, *, is_timed: bool
    ) -> Awaitable[Decision]:
        screen = screen_of(judged, told, self.config.id, at_ms)
        facts = facts_of(judged, told, self.config, is_timed=is_timed, infers=not self.barrier.confirms)
        kept, problems = kept_of(judged, frame, at_ms)
        try:
            stored = asyncio.ensure_future(self.outlet.emit(*facts, frame=kept, problems=problems))
        except NotCommitted as error:
            return self._unstored(judged, screen, error)
        earlier = Earlier(at_ms, judged.scan, judged.decision, screen)
        self._pending[judged.scan] = _Pending(stored, earlier)
        self._remember(judged, frame.raw, earlier)
        stored.add_done_callback(lambda done: self._ended(judged, told, frame.raw, done))
        return self._settled(stored, judged, screen)

    def _remember(self, judged: Judged, raw: bytes, earlier: Earlier) -> None:
        """At once, in the order of the commits: the next code is judged by it."""
        self._repeated.add(raw, earlier)
        moves = judged.decision.outcome not in (Outcome.DUPLICATE, Outcome.RETRY)
        if judged.visit and moves:
            self.zone.see(self.config.id, judged.visit, judged.time_ms)
        if judged.decision.opens and not self.barrier.confirms:
            self.zone.pass_through(judged.visit, self.config.direction, judged.time_ms)

    def _ended(self, judged: Judged, told: GateDecision, raw: bytes, done: "asyncio.Future[bytes]") -> None:
        """Before anybody who waits for it: its commit has ended."""
        self._pending.pop(judged.scan, None)
        if done.cancelled() or done.exception() is None:
            self._memory.decide(told)
            return
        self._repeated.drop(raw)
        if judged.decision.opens and not self.barrier.confirms:
            self.zone.undo(self.config.direction)

    async def _settled(self, stored: "asyncio.Future[bytes]", judged: Judged, screen: Screen) -> Decision:
        try:
            await asyncio.shield(stored)
        except NotCommitted as error:
            return await self._unstored(judged, screen, error)
        self._tell_stored(is_stored=True)
        if self._is_live(judged, screen):
            self.outlet.show(screen)
            if judged.decision.opens:
                await self._open(judged)
        return judged.decision

    def _is_live(self, judged: Judged, screen: Screen) -> bool:
        """Nobody stands there any more for what a terminal has kept while it was cut off."""
        ahead_ms = judged.time_ms - screen.at_ms - self._clock_offset_s * 1000
        return abs(ahead_ms) <= LIVE_MS

    async def _unstored(self, judged: Judged, screen: Screen, error: NotCommitted) -> Decision:
        """It was decided, and is told on the screen alone; raises ``error``."""
        self._tell_stored(is_stored=False)
        if not self._is_live(judged, screen):
            raise error
        self.outlet.show(replace(screen, remarks=(*screen.remarks, NOT_STORED)))
        if judged.decision.opens and self.config.unstored == "open":
            if not self.barrier.confirms:
                self.zone.pass_through(judged.visit, self.config.direction, judged.time_ms)
            await self._open(judged)
        raise error

    async def _open(self, judged: Judged) -> None:
        """A relay that does not answer is told by the barrier itself; it may have opened."""
        if self.barrier.confirms:
            self.passages.await_one(judged.scan, judged.visit, now_ms())
        with suppress(BarrierFault):
            await self.barrier.open()

    def _tell_stored(self, *, is_stored: bool) -> None:
        self.condition.trouble("store", "" if is_stored else NOT_STORED)


async def run_gates(gates: Sequence[Gate], serve: Callable[[], Awaitable[None]]) -> None:
    """Until cancelled, or ``serve``, which listens to their scanners, ends; raises DeviceUnavailable."""
    for gate in gates:
        await gate.prepare()
    failed: EpihubError | None = None
    try:
        async with asyncio.TaskGroup() as tasks:
            beside = [task for gate in gates for task in gate.beside(tasks)]
            await _listen(gates, serve)
            for task in beside:
                task.cancel()
    except* EpihubError as errors:
        failed = first_of(errors)
    if failed is not None:
        raise failed


async def _listen(gates: Sequence[Gate], serve: Callable[[], Awaitable[None]]) -> None:
    """A gate whose scanner is away is opened by hand: what opens it must not go with the scanner."""
    is_opened_by_hand = any(gate.config.relay for gate in gates)
    while True:
        away: EpihubError | None = None
        try:
            await serve()
        except* DeviceUnavailable as errors:
            away = first_of(errors)
        if away is None:
            return
        if not is_opened_by_hand:
            raise away
        for gate in gates:
            gate.condition.line("OFFLINE", str(away))
        await asyncio.sleep(SCANNER_AGAIN_SECONDS)


def built_gate(config: GateSettings, outlet: Outlet) -> Gate:
    """With the barrier that the settings name; its troubles are the gate's."""
    condition = GateCondition(outlet.health)

    def troubled(code: str) -> None:
        condition.trouble("barrier", code)

    lines = outlet.shared(ModbusLines)
    barrier = gate_barrier(config.id, config.relay, config.passage, lines, troubled)
    return Gate(config, outlet, barrier, condition)
