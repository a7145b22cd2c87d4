"""Alarms at an edge that is apart from its hub: the hub's own engine, ledger and notices on a small store.

It judges all the time and speaks only when the hub was away for a while. What it did then is told to the hub.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from pathlib import Path

from hub.clock import now_ms
from hub.control import ControlClient
from hub.errors import BusUnavailable, StoreUnavailable
from hub.lists import ALARM_ANSWERS, ALARM_RULES
from hub.notify.channels.opening import senders_of
from hub.runtime.alarm_ledger import AlarmLedger
from hub.runtime.alarm_runner import AlarmRunner
from hub.runtime.edge_alarm_settings import EdgeAlarmSettings
from hub.runtime.heartbeat import Heartbeat
from hub.runtime.hub_presence import HubPresence
from hub.runtime.notices_left_to_hub import LeftToHub
from hub.runtime.notifier import Notifier
from hub.runtime.rules_kept import RulesKept
from hub.runtime.spool_feed import SpoolFeed
from hub.runtime.word_teller import WordTeller
from hub.supervisor import FAST, Backoff, keep_running

LOOK_SECONDS = 1.0
# So long an absence is told to the hub, which then waits for words; a shorter one is a line dialled anew.
TOLD_MS = 10_000
AT_START_MS = 15_000  # in which a hub that is there is found
MAINTENANCE_SECONDS = 10.0
_DISK = Backoff(1, 30)
log = logging.getLogger(__name__)


class EdgeAlarms:
    """``run`` serves until cancelled; raises StoreBroken when its store cannot be believed any more."""

    def __init__(self, settings: EdgeAlarmSettings, clock: Callable[[], int] = now_ms) -> None:
        folder = Path(settings.folder)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.settings = settings
        self._rules_came: deque[list[bytes]] = deque(maxlen=1)
        self._now_ms = clock
        self._apart_ms = int(settings.apart_seconds * 1000)
        self.store = settings.store()
        self.ledger = AlarmLedger(
            self.store, settings.reader, lambda _: self._ledger_grown(), clock, settings.notify
        )
        self.left = LeftToHub(
            self.ledger, settings.reader, lambda: self.presence.there, self._apart_ms, clock
        )
        lists = {ALARM_RULES: self._take_rules, ALARM_ANSWERS: self.left.take_answers}
        self.presence = HubPresence(
            settings.dial.address(), settings.edge, folder, self._look_now, lists, clock
        )
        self._kept = RulesKept(folder, settings.profiles)
        rules = self._kept.load()
        self.runner = AlarmRunner(
            self.ledger,
            settings.reader,
            rules.profiles,
            clock,
            power=settings.power,
            beside=settings.edge,
            calibrations=rules.calibrations,
        )
        self.notifier = Notifier(
            self.ledger, settings.reader, settings.notify, senders_of(settings.notify), clock, self.speaks
        )
        self.heartbeat = Heartbeat(
            settings.notify.heartbeat_url, settings.notify.heartbeat_file, lambda: not self.trouble
        )
        edge = ControlClient(Path(settings.edge_socket))
        self.teller = WordTeller(self.store, settings.reader, edge, lambda: not self.presence.there)
        self.feed = SpoolFeed(Path(settings.spool), self.store, settings.edge, self.runner.grown)
        self._told_apart: bool | None = None  # None: since the start nothing is told
        self._spoke = False
        self._look = asyncio.Event()

    @property
    def trouble(self) -> str:
        """Why nothing is judged just now; empty when it is."""
        return self.runner.figures.failure

    def speaks(self) -> bool:
        """Whether we tell people: the hub was away for so long that it does not."""
        settled = self.presence.running_ms >= min(AT_START_MS, self._apart_ms)
        return settled and not self.presence.there and self.presence.away_ms >= self._apart_ms

    async def run(self) -> None:
        await self.store.open()
        try:
            async with asyncio.TaskGroup() as tasks:
                for name, work in {
                    "shelves": self.ledger.run,
                    "alarms": self.runner.run,
                    "notices": self.notifier.run,
                    "heartbeat": self.heartbeat.run,
                    "watch": self._watch,
                    "hub-seen": self.presence.mark,
                }.items():
                    tasks.create_task(work(), name=name)
                for name, kept in {
                    "feed": self.feed.run,
                    "words": self.teller.run,
                    "left-to-hub": self.left.leave_due,
                    "answers": self.left.heed_answers,
                    "maintenance": self._maintain,
                }.items():
                    tasks.create_task(
                        keep_running(kept, name=name, retried=StoreUnavailable, backoff=_DISK), name=name
                    )
                line = keep_running(
                    self.presence.run, name="hub-presence", retried=BusUnavailable, backoff=FAST
                )
                tasks.create_task(line, name="hub-presence")
        finally:
            await self.store.close()

    def _look_now(self) -> None:
        self._look.set()

    def _ledger_grown(self) -> None:
        self.teller.grown()
        self.left.grown()

    def _take_rules(self, items: list[bytes]) -> None:
        self._rules_came.append(items)
        self._look.set()

    async def _watch(self) -> None:
        """Follow the hub's coming and going: what to tell it, and when to speak."""
        while True:
            self._look.clear()
            while self._rules_came:
                rules = await asyncio.to_thread(self._kept.keep, self._rules_came.popleft())
                if rules:
                    self.runner.use(rules.profiles, rules.calibrations)
            self._tell_hub()
            if self.speaks() != self._spoke:
                self._spoke = not self._spoke
                log.warning("alarms are told here" if self._spoke else "alarms are told by the hub")
                self.notifier.look_again()
            await self._look_later()

    def _tell_hub(self) -> None:
        """Before we tell people anything, that the hub shall wait for our words; later that they are all."""
        presence, at_ms = self.presence, self._now_ms()
        if presence.there and self._told_apart is not False:
            self._told_apart = False
            self.teller.say("REUNITED", self.settings.edge, self.settings.site, at_ms)
        elif not presence.there and not self._told_apart and presence.away_ms >= self._told_after_ms:
            self._told_apart = True
            self.teller.say("APART", self.settings.edge, self.settings.site, at_ms)

    @property
    def _told_after_ms(self) -> int:
        return min(TOLD_MS, self._apart_ms // 2)

    async def _look_later(self) -> None:
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await self._look.wait()
        except TimeoutError:
            return

    async def _maintain(self) -> None:
        while True:
            more = await self.store.maintain(self._now_ms())
            await asyncio.sleep(LOOK_SECONDS if more else MAINTENANCE_SECONDS)
