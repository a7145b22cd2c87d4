"""The orders of an ASTM device: what its queries are told, and what it is sent unasked.

A query goes to the hospital's own system first, where a forward takes queries; else, or when that gives no
answer, it is answered from our orders. Orders count as handed over when the device has acknowledged the
last frame, never before: what was not taken is there for the next query.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime
from functools import cached_property, partial
from uuid import uuid4
from zoneinfo import ZoneInfo

from adapters.lab_analyzers.astm.ordering import STANDARD, Heading, OrderWriter, Written
from adapters.lab_analyzers.astm.queries import Asked, Query, read_query
from adapters.lab_analyzers.astm_line import Answer, AstmLine
from adapters.lab_analyzers.profiles import Profile, load_profile
from adapters.lab_analyzers.settings import OrderingConfig
from hub.contract import Frame, Order, Outlet
from hub.errors import NoAnswer, NotCommitted
from hub.streams import now_ms

FIRST_PAUSE_SECONDS = 10.0  # E1381 6.2.4: as after a NAK to ENQ
LONGEST_PAUSE_SECONDS = 300.0
log = logging.getLogger(__name__)


class OrderDesk:
    """One device's."""

    def __init__(self, config: OrderingConfig, outlet: Outlet) -> None:
        self._config = config
        self._outlet = outlet

    @property
    def downloads(self) -> bool:
        """Whether the device is sent orders that it did not ask for."""
        return self._config.orders == "download"

    async def answer(self, query: Frame) -> Answer | None:
        """See ``Desk.answer``."""
        asked = self._read(query)
        if asked is None or asked.cancels:
            return None if asked else _NOTHING
        passed = None if self._config.orders == "none" else await self._passed_on(query)
        if passed is not None:
            return Answer(passed, _nobody_hears)
        written = self._write(asked, await self._found(asked))
        self._tell_unknown(written.unknown)
        return Answer(written.records, partial(self._hand_over, written.orders))

    async def no_orders(self, query: Frame) -> Answer | None:
        """Of whom nobody knows nobody has orders."""
        asked = self._read(query)
        if asked is None or asked.cancels:
            return None if asked else _NOTHING
        return Answer(self._write(asked, []).records, _nobody_hears)

    def _read(self, query: Frame) -> Query | None:
        return read_query(query.raw, self._profile.records.orders)

    def _write(self, asked: Query, found: Sequence[tuple[Asked | None, Order]]) -> Written:
        heading = Heading.answering(asked.header, uuid4().hex, self._now())
        return self._writer.answer(heading, found)

    async def download(self, line: AstmLine) -> None:
        """Send what the device is to be told, as it comes, until cancelled; what fails is sent again."""
        failures = 0
        while True:
            if await self._sent(line):
                failures = 0
                continue
            await asyncio.sleep(min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** min(failures, 8)))
            failures += 1

    async def _sent(self, line: AstmLine) -> bool:
        """Whether the next orders are with the device, and noted so."""
        try:
            given = _named(await self._outlet.next_orders())
        except NotCommitted as error:
            log.warning("orders not read", extra={"device": self._config.id, "reason": str(error)})
            return False
        written = self._writer.download(Heading(STANDARD, uuid4().hex, self._now()), given)
        self._tell_unknown(written.unknown)
        if not written.records:
            return False
        failure = await line.send(written.records)
        if failure:
            log.info("orders not sent", extra={"device": self._config.id, "reason": failure})
            return False
        return await self._handed_over(written.orders)

    async def _handed_over(self, orders: Sequence[Order]) -> bool:
        try:
            await self._outlet.handed_over(orders)
        except NotCommitted as error:
            log.warning("orders not noted as sent", extra={"device": self._config.id, "reason": str(error)})
            return False
        return True

    async def _hand_over(self, orders: Sequence[Order]) -> None:
        if orders:
            await self._handed_over(orders)

    async def _passed_on(self, query: Frame) -> bytes | None:
        try:
            return await self._outlet.ask(query)
        except NoAnswer as error:
            log.info("query not passed on", extra={"device": self._config.id, "reason": str(error)})
            return None

    async def _found(self, query: Query) -> list[tuple[Asked | None, Order]]:
        """A store that cannot be read has no orders: the machine must not wait."""
        if self._config.orders == "none":
            return []
        try:
            return await self._looked_up(query)
        except NotCommitted as error:
            log.warning("orders not read", extra={"device": self._config.id, "reason": str(error)})
            return []

    async def _looked_up(self, query: Query) -> list[tuple[Asked | None, Order]]:
        found: dict[str, tuple[Asked | None, Order]] = {}
        for asked in query.asked:
            specimen = self._outlet.pseudonyms.label(_text(asked.specimen), self._profile.specimen_pattern)
            for order in await self._outlet.orders(specimen):
                found.setdefault(order.order, (asked, order))
        if query.everything:
            for order in _named(await self._outlet.orders(None)):
                found.setdefault(order.order, (None, order))
        return list(found.values())

    def _tell_unknown(self, codes: Sequence[str]) -> None:
        if codes:
            log.warning(
                "tests nobody named for this device", extra={"device": self._config.id, "codes": codes}
            )

    def _now(self) -> datetime:
        return datetime.fromtimestamp(now_ms() // 1000, ZoneInfo(self._config.timezone))

    @cached_property
    def _profile(self) -> Profile:
        return load_profile(self._config.profile)

    @cached_property
    def _writer(self) -> OrderWriter:
        return OrderWriter(self._profile.records.orders, self._code)

    def _code(self, test: str) -> str | None:
        name = self._profile.ordered_as(test)
        return name.code if name else None


class Downloads:
    """Which line each device is sent its orders by: the newest on which it was heard."""

    def __init__(self) -> None:
        self._running: dict[OrderDesk, tuple[AstmLine, asyncio.Task[None]]] = {}

    def begin(self, desk: OrderDesk, line: AstmLine) -> None:
        """The device is at the other end of ``line``."""
        before = self._running.get(desk)
        if not desk.downloads or (before and before[0] is line):
            return
        if before:
            before[1].cancel()
        self._running[desk] = line, asyncio.create_task(desk.download(line), name="download")

    async def end(self, line: AstmLine) -> None:
        """``line`` has ended."""
        ended = [desk for desk, (its, _) in self._running.items() if its is line]
        tasks = [self._running.pop(desk)[1] for desk in ended]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)


def _named(orders: Sequence[Order]) -> list[Order]:
    """Without those whose specimen is known here by its pseudonym only: no machine could find it."""
    return [order for order in orders if not order.specimen.startswith("h:")]


async def _nobody_hears() -> None:
    """Of an answer that is not from our orders."""


_NOTHING = Answer(b"", _nobody_hears)


def _text(latin: str) -> str:
    """What the bytes of an id say: UTF-8 where they can."""
    raw = latin.encode("latin-1")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return latin
