"""One camera: held open, or connected to now and then, as its mode says; how it stands, and what it shows."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from adapters.cameras.camera_board import CameraBoard
from adapters.cameras.camera_commands import CameraCommands
from adapters.cameras.camera_config import Mode, RtspConfig
from adapters.cameras.camera_pauses import CameraPauses
from adapters.cameras.camera_picture import CameraPicture
from adapters.cameras.camera_session import AnySession, opened_session
from adapters.cameras.health.changes import Change, StandingSettings
from adapters.cameras.health.standing import CameraStanding
from adapters.cameras.health_teller import HealthTeller
from adapters.cameras.keyframes.looks import Undecodable, WorkerLost
from adapters.cameras.keyframes.workers import KeyframeWorkers
from adapters.cameras.onvif.clock_watch import watch_clock
from adapters.cameras.reasons import Phase
from adapters.cameras.rtsp.facts import Ended, KeyFrame, Until
from hub.contract import Outlet
from hub.streams import now_ms

UNTIL: dict[Mode, Until] = {"continuous": "ended", "duty": "keyframe", "options": "described"}
MAINTENANCE = "maintenance"  # of the kept file
FOLLOWED_S = 2.0  # how often its picture is judged while somebody looks at it
FIGURES_S = 10.0  # a stream's figures are known after so long, and told once without waiting for the report
log = logging.getLogger(__name__)


class Camera:
    """``heard`` is called after everything that may have changed how it stands: it asks and tells."""

    def __init__(
        self,
        config: RtspConfig,
        outlet: Outlet,
        board: CameraBoard,
        standing: CameraStanding,
        heard: Callable[[], None],
    ) -> None:
        self.config = config
        self.picture = CameraPicture(config, outlet)
        self.standing = standing
        self._pauses = CameraPauses(config, outlet, board)
        self._outlet = outlet
        self._board = board
        self._heard = heard
        self._teller = HealthTeller(outlet)
        self._session: AnySession | None = None
        self._streaming_since_s: float | None = None
        self._judged = asyncio.Event()
        self._clock_offset_s: float | None = None
        self._asked_s = 0.0
        self._not_judged = ""  # why, the last time
        self._figures_are_told = False

    @property
    def name(self) -> str:
        return self.config.id

    @property
    def is_locked(self) -> bool:
        """Its login was refused too often: it waits for somebody."""
        return self._pauses.is_locked

    @property
    def is_only_asked(self) -> bool:
        return self.config.mode == "options"

    async def run(self) -> None:
        """Until cancelled."""
        await self.picture.remember(self._board.now_s())
        self._remember_maintenance(await self._outlet.kept(MAINTENANCE))
        await self._pauses.remember()
        # Nothing is known yet: what was told before this start ended then, and does not last until now.
        self._heard()
        self.report()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._connect(), name="connect")
                tasks.create_task(self._teller.run(), name="tell")
                tasks.create_task(CameraCommands(self, self._outlet).obey(), name="commands")
                if self.config.onvif_port is not None:
                    clock = watch_clock(self.config.place, self.config.onvif_port, self._clock_told)
                    tasks.create_task(clock, name="clock")
        finally:
            await self.picture.keep(self._board.now_s(), now=True)

    def reached(self, phase: Phase, at_s: float) -> None:
        """The session came so far."""
        if phase == "first_packet":
            self._streams()
        self.standing.reached(phase, _ms(at_s))
        self._heard()

    def keyframe(self, frame: KeyFrame) -> None:
        """One that was asked for."""
        self._board.offer(self, frame)

    async def judge(self, frame: KeyFrame, workers: KeyframeWorkers) -> float | None:
        """CPU seconds that it took; None: it could not be judged, the next one may be."""
        try:
            seen = await workers.look(self.picture.look_at(frame))
        except (Undecodable, WorkerLost) as error:
            if error.reason != self._not_judged:  # once, and not every ten seconds
                log.warning("pictures are not judged", extra={"device": self.name, "reason": error.reason})
            self._not_judged = error.reason
            if isinstance(error, Undecodable):
                self.standing.unreadable(_ms(frame.at_s))
                self._heard()
            return None
        self._not_judged = ""
        self._count(now_ms())
        at_ms = _ms(frame.at_s)
        self.picture.seen(seen, at_ms)
        self.standing.seen(seen.scores, seen.night, at_ms, learning=seen.learning)
        self._heard()
        self._judged.set()
        return seen.took_ms / 1000

    async def look_after(self) -> None:
        """Now and then: its figures, what falls due, what is to be kept."""
        at_s, at_ms = self._board.now_s(), now_ms()
        if self._session is not None and self._streaming_since_s is not None:
            self._count(at_ms)
            if not self._figures_are_told and at_s - self._streaming_since_s >= FIGURES_S:
                self._figures_are_told = True
                self.report()
            if self._outlet.looked_at and at_s - self._asked_s >= FOLLOWED_S:
                self.want_keyframe()
        self.standing.checked_every(self._board.schedule.check_seconds(self.name))
        self._heard()
        await self.picture.keep(at_s)

    def want_keyframe(self) -> None:
        """The next one is to be judged."""
        if self._session is not None:
            self._asked_s = self._board.now_s()
            self._session.want_keyframe()

    def told(self, change: Change) -> None:
        """How it stands is otherwise now, or told again."""
        self._teller.tell(change)
        for fault in change.raised:
            self.picture.raised(fault)

    def report(self) -> None:
        """Tell how it stands, though nothing changed."""
        at_ms = now_ms()
        self._count(at_ms)
        self._teller.tell(Change(at_ms, self.standing.payload(at_ms)))

    async def checked_within(self, seconds: float) -> bool:
        """Ask for a check; whether it was made by then. One that is away is connected to at once."""
        self._judged.clear()
        self.want_keyframe()
        if self._session is None:
            self._pauses.end()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._judged.wait()
                self.report()
        return self._judged.is_set()

    async def accept(self) -> bool:
        """What it shows and how it sends now is right; False: it showed nothing yet."""
        if not self.picture.accept():
            return False
        self.standing.accept()
        await self.picture.keep(self._board.now_s(), now=True)
        self._board.schedule.hasten(self.name, self._board.now_s())
        return True

    async def retry(self) -> None:
        """Somebody says that it lets us in now."""
        await self._pauses.retry()

    async def maintain(self, until_ms: int) -> None:
        """Somebody works on it until then, also over a restart of ours; 0: no more. Raises NotCommitted."""
        await self._outlet.keep(MAINTENANCE, b"%d" % until_ms)
        self.standing.maintenance(until_ms or None, now_ms())
        self._heard()

    def _count(self, at_ms: int) -> None:
        """What came until now: what is told next is not of a second ago."""
        if self._session is None or self._streaming_since_s is None:
            return
        figures = self._session.figures
        self.standing.figures(figures, at_ms)
        if figures.clock_offset_s is not None and figures.clock_offset_s != self._clock_offset_s:
            self._clock_offset_s = figures.clock_offset_s  # a report of RTCP that is new
            self.standing.clock(figures.clock_offset_s, at_ms)

    async def _connect(self) -> None:
        again = False
        while True:
            if self.is_locked:
                self._ended(Ended("describe", "locked_out", now_ms() / 1000))
                await self._pauses.rest(None)
                self._pauses.over()
            else:
                await self._board.turn(again=again)
                again = True
                await self._pauses.rest(await self._talk())

    def _clock_told(self, offset_s: float) -> None:
        self.standing.clock(offset_s, now_ms())
        self._heard()

    def _remember_maintenance(self, kept: bytes) -> None:
        at_ms = now_ms()
        if kept.isdigit() and (until_ms := int(kept)) > at_ms:
            self.standing.maintenance(until_ms, at_ms)
            self._heard()

    async def _talk(self) -> float:
        """One session, from its first byte to its last; how long it is left alone then."""
        self._pauses.over()
        session = self._session = opened_session(self.config, self)
        if self.config.mode == "duty":
            session.want_keyframe()
        try:
            ended = await session.run(UNTIL[self.config.mode])
        finally:
            self._session = None
            if self.config.mode == "continuous":
                self._board.schedule.drop(self.name)
        self._ended(ended)
        since_s, self._streaming_since_s = self._streaming_since_s, None
        return await self._pauses.after(ended, None if since_s is None else self._board.now_s() - since_s)

    def _streams(self) -> None:
        self._figures_are_told = False
        at_s = self._streaming_since_s = self._board.now_s()
        if self.config.mode == "continuous":
            self._board.schedule.put(self.name, self.config.check_seconds, at_s)
        elif self.config.mode == "duty":
            self._board.schedule.put(self.name, self.config.duty_seconds, at_s, is_asked=False)

    def _ended(self, ended: Ended) -> None:
        self.standing.ended(ended, _ms(ended.at_s))
        self._heard()


def standing_settings(config: RtspConfig) -> StandingSettings:
    """What its standing is to know of its settings."""
    seconds = {"continuous": config.check_seconds, "duty": config.duty_seconds, "options": None}
    return StandingSettings(
        config.mode,
        config.offline_seconds,
        config.report_seconds,
        seconds[config.mode],
        config.switch,
        config.link or "",
        config.snapshot,
    )


def _ms(at_s: float) -> int:
    return round(at_s * 1000)
