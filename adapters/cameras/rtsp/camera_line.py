"""One connection to a camera on the event loop: its bytes to the conversation, its deadlines, its end."""

import asyncio
from contextlib import suppress

from adapters.cameras.reasons import Phase, Reason
from adapters.cameras.rtsp.conversation import Conversation
from adapters.cameras.rtsp.conversation_events import Done, Failed, Reached
from adapters.cameras.rtsp.facts import KeyFrame, Patience, Watch
from adapters.cameras.rtsp.low_water import SILENT_SECONDS, LowWater
from hub.streams import now_ms

_FIRST_REPORT_SECONDS = 1.0
REPORT_SECONDS = 5.0  # RFC 3550, 6.2: the least between two of our reports
# 100 Mbit/s, three times what the best of 4K sends: one camera may not take the time of all others.
MOST_BYTES_A_SECOND = 12_500_000
_GOODBYE_SECONDS = 0.3
_ANSWERED: frozenset[Phase] = frozenset(("options", "describe", "setup", "play"))


class CameraLine(asyncio.Protocol):
    """``over`` is done once it is known how it ended; who owns it then calls ``close``."""

    def __init__(self, conversation: Conversation, watch: Watch, patience: Patience) -> None:
        self.over: asyncio.Future[Failed | Done] = asyncio.get_running_loop().create_future()
        self._conversation = conversation
        self._watch = watch
        self._patience = patience
        self._loop = asyncio.get_running_loop()
        self._lost = self._loop.create_future()
        self._transport: asyncio.Transport | None = None
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._asked_s = 0.0  # when the phase began whose answer is awaited
        self._wanted_s = 0.0
        self._kept_alive_s = 0.0
        self._heard_s = 0.0
        self._counted = (0.0, 0)  # when bytes were last counted, and how many
        self._low_water = LowWater(None)

    def start(self, transport: asyncio.Transport) -> None:
        """The line stands and may be spoken on."""
        self._transport = transport
        self._low_water = LowWater(transport.get_extra_info("socket"))
        self._kept_alive_s = self._loop.time()
        self._conversation.begin()
        self._deal()

    def want_keyframe(self) -> None:
        if not self._conversation.wants:
            self._wanted_s = self._loop.time()
        self._conversation.want_keyframe()
        self._look()

    def data_received(self, data: bytes) -> None:
        if not self.over.done():
            self._heard_s = self._loop.time()
            self._conversation.receive(data, now_ms() / 1000, self._heard_s)
            self._deal()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(Failed("closed" if exc is None else "reset"))
        if not self._lost.done():
            self._lost.set_result(None)

    async def close(self) -> None:
        """TEARDOWN and the end of the connection, within a moment; also when this task is cancelled."""
        self._stop()
        transport = self._transport
        if transport is None or self._lost.done():
            return
        self._conversation.leave()
        try:
            goodbye = self._conversation.outgoing()
            if not goodbye:
                return
            transport.write(goodbye)
            # What is closed with bytes unread is reset, and a reset may overtake the TEARDOWN.
            transport.write_eof() if transport.can_write_eof() else transport.close()
            with suppress(TimeoutError):
                async with asyncio.timeout(_GOODBYE_SECONDS):
                    await asyncio.shield(self._lost)
        finally:
            transport.abort()

    def _deal(self) -> None:
        """What the conversation says now."""
        conversation = self._conversation
        events = conversation.events()
        for event in events:
            match event:
                case Reached(phase):
                    self._asked_s = self._loop.time()
                    if phase == "first_packet":
                        self._wanted_s = self._asked_s
                        self._counted = (self._asked_s, conversation.byte_count)
                        self._timers["tick"] = self._loop.call_later(_FIRST_REPORT_SECONDS, self._tick)
                    self._watch.reached(phase, now_ms() / 1000)
                case KeyFrame():
                    self._watch.keyframe(event)
                case Failed() | Done():
                    self._end(event)
        if events:
            self._look()  # what is waited for now may be due sooner
        out = conversation.outgoing()
        if out and self._transport and not self._transport.is_closing():
            self._transport.write(out)

    def _look(self) -> None:
        """End what took too long, or look again when the next thing may have."""
        if timer := self._timers.pop("look", None):
            timer.cancel()
        due_s, reason = self._deadline()
        now_s = self._loop.time()
        if due_s <= now_s:
            self._end(Failed(reason))
        elif not self.over.done():
            if self._low_water.is_raised:
                due_s = min(due_s, self._silence_due(now_s))
            self._timers["look"] = self._loop.call_at(due_s, self._look)

    def _silence_due(self, now_s: float) -> float:
        due_s = self._heard_s + SILENT_SECONDS
        if due_s > now_s:
            return due_s
        self._low_water.lower()
        return float("inf")

    def _deadline(self) -> tuple[float, Reason]:
        conversation = self._conversation
        patience = self._patience.for_frames_every(conversation.frame_seconds)
        phase, last_s = conversation.phase, conversation.last_packet_s
        if phase in _ANSWERED:
            return self._asked_s + patience.answer_seconds, "mute"
        if phase == "first_packet" or last_s is None:
            return self._asked_s + patience.first_packet_seconds, "no_packets"
        stall: tuple[float, Reason] = (last_s + patience.stall_seconds, "stall")
        if phase == "first_keyframe" or conversation.wants:
            return min(stall, (self._wanted_s + patience.keyframe_seconds, "no_keyframe"))
        return stall

    def _tick(self) -> None:
        """A report now and then, and a word that keeps the session; none while the last one was not read."""
        now_s = self._loop.time()
        (since_s, had), count = self._counted, self._conversation.byte_count
        self._counted = (now_s, count)
        rate = (count - had) / (now_s - since_s)
        if rate > MOST_BYTES_A_SECOND:
            self._end(Failed("too_large", "rate"))
            return
        self._low_water.follow(rate)
        self._look()
        if self._transport and not self._transport.get_write_buffer_size():
            self._conversation.report(now_s)
            if now_s >= self._kept_alive_s + self._conversation.keepalive_seconds - REPORT_SECONDS:
                self._kept_alive_s = now_s
                self._conversation.keep_alive()
            self._transport.write(self._conversation.outgoing())
        self._timers["tick"] = self._loop.call_later(REPORT_SECONDS, self._tick)

    def _end(self, event: Failed | Done) -> None:
        self._stop()
        if not self.over.done():
            self.over.set_result(event)

    def _stop(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
