"""A siren or lamp at a relay: it sounds while somebody must come and nobody has said that he does.

What it sounds for is given by notices; that it is not needed any more is asked of the ledger. It is switched
on for a pulse at a time. If this process dies, the guard beside it switches it off (relay_guard.py).
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress

from hub.notify.channels.parcel import DELIVERED, Delivery, Parcel
from hub.notify.channels.relay_guard import Guard
from hub.notify.channels.relay_line import RelayFault, RelayLine, line_of
from hub.notify.settings import Channel, RelaySettings

BUTTON_SECONDS = 0.5
RETRY_SECONDS = 1.0
IDLE_RETRY_SECONDS = 30.0  # of a relay that does not answer while it has nothing to say
IDLE_PULSE_SECONDS = 600.0  # so that one that has died is noticed before it is needed
STOP_SECONDS = 2.0
TEST_SECONDS = 2.0
STEP_SECONDS = 5.0  # one question to a relay; those that need longer are broken
Calling = Callable[[Collection[str]], Awaitable[set[str]]]
Pressed = Callable[[Collection[str]], None]
Troubled = Callable[[str], None]
log = logging.getLogger(__name__)


class Relay:
    """``sounding``: until when (the loop's time) for which incident."""

    at_once = 1

    def __init__(self, channel: Channel, test_seconds: float = TEST_SECONDS) -> None:
        assert channel.relay is not None, "a channel of this kind has it"
        self.most_seconds = channel.relay.most_seconds
        self.button_person = channel.relay.button_person
        self.sounding: dict[str, float] = {}
        self._relay: RelaySettings = channel.relay
        seconds = min(channel.timeout_seconds, STEP_SECONDS)
        self._line: RelayLine = line_of(channel.relay, channel.ca_file, seconds)
        self._guard = Guard(channel.relay, channel.ca_file, seconds)
        self._test_seconds = test_seconds
        self._testing = False
        self._energised: bool | None = None
        self._switched = 0.0
        self._was_pressed: bool | None = None
        self._trouble = ""
        self._changed = asyncio.Event()
        self._one = asyncio.Lock()

    async def send(self, parcel: Parcel) -> Delivery:
        """Sounds for what calls; the end of an incident is heard by the silence."""
        calling = [str(each["incident"]) for each in parcel.told if each["kind"] in ("RAISED", "REMINDER")]
        try:
            if calling:
                self.sound(calling, self.most_seconds)
                await self._switch()
            elif not parcel.told:
                await self._test()
        except RelayFault as fault:
            return Delivery("again", str(fault))
        return DELIVERED

    async def _test(self) -> None:
        """A short sound; raises RelayFault."""
        self._testing = True
        try:
            await self._switch()
            await asyncio.sleep(self._test_seconds)
        finally:
            self._testing = False
            self._changed.set()
        await self._switch()

    def sound(self, incidents: Collection[str], seconds: float) -> None:
        until = asyncio.get_running_loop().time() + seconds
        self.sounding |= {each: max(until, self.sounding.get(each, until)) for each in incidents}
        self._changed.set()

    def look(self) -> None:
        """Something may have changed in the ledger."""
        self._changed.set()

    async def watch(self, calling: Calling, pressed: Pressed, troubled: Troubled) -> None:
        """Until cancelled: ``calling`` says which incidents still call, ``pressed`` is told of the button,
        ``troubled`` of how the relay is: a code, or nothing.
        """
        try:
            while True:
                await self._step(calling, pressed)
                troubled(self._trouble)
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._rest_seconds()):
                        await self._changed.wait()
        finally:
            await self._end()

    async def _step(self, calling: Calling, pressed: Pressed) -> None:
        self._changed.clear()
        asked = list(self.sounding)
        if asked:
            still = await calling(asked)
            for gone in set(asked) - still:
                self.sounding.pop(gone, None)
        try:
            await self._switch()
            if self.sounding and await self._button():
                incidents = list(self.sounding)
                self.sounding.clear()
                pressed(incidents)
                await self._switch()
        except RelayFault as fault:
            self._told(str(fault))
        else:
            self._told("")

    async def _button(self) -> bool:
        """Whether it is pressed now and was not before: one that is stuck acknowledges nothing."""
        if not self._line.has_button:
            return False
        before, self._was_pressed = self._was_pressed, await self._line.pressed()
        return self._was_pressed and before is False

    async def _switch(self) -> None:
        """To what it should be, and again when half of its pulse is over."""
        async with self._one:
            loop = asyncio.get_running_loop()
            now = loop.time()
            self.sounding = {each: until for each, until in self.sounding.items() if until > now}
            sounds = bool(self.sounding) or self._testing
            energised = sounds == (self._relay.fail_safe == "silent")
            if not self.sounding:
                self._was_pressed = None
            if energised == self._energised and now - self._switched < self._fresh_seconds:
                return
            self._energised = None
            if energised:
                await self._guard.begin()
            await self._line.switch(energised)
            if not energised:
                await self._guard.end()
            self._energised, self._switched = energised, now

    def _rest_seconds(self) -> float:
        if self._trouble or self._energised is None:
            return RETRY_SECONDS if self.sounding else IDLE_RETRY_SECONDS
        waits = [self._fresh_seconds]
        if self.sounding:
            now = asyncio.get_running_loop().time()
            waits.append(max(0.0, min(self.sounding.values()) - now))
            waits += [BUTTON_SECONDS] if self._line.has_button else []
        return min(waits)

    @property
    def _fresh_seconds(self) -> float:
        """After so long it is switched to the same again."""
        return self._relay.pulse_seconds / 2 if self._energised else IDLE_PULSE_SECONDS

    async def _end(self) -> None:
        """Silent, if it can be; a relay that is held while all is well is left to its own timer."""
        try:
            if self._relay.fail_safe == "silent":
                self.sounding.clear()
                async with asyncio.timeout(STOP_SECONDS):
                    await self._switch()
        except (RelayFault, TimeoutError) as error:
            log.warning("relay is left to its guard", extra={"reason": type(error).__name__})
        finally:
            await self._line.close()

    def _told(self, trouble: str) -> None:
        if trouble and trouble != self._trouble:
            log.warning("relay does not answer", extra={"reason": trouble})
        self._trouble = trouble
