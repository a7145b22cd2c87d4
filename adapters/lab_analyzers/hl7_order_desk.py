"""One device's orders: its queries are answered, what it is to be told is sent and its word is committed.

An order is handed over when the machine said OK. One that it refused (UA) stays as it is, with its refusal,
and is given to it only when it asks; the device's state tells of it, until an order is taken again.
"""

import asyncio
import logging
import random
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from datetime import datetime, tzinfo

from adapters.lab_analyzers.er7 import Fault, Header, read_header
from adapters.lab_analyzers.hl7_order_answers import Code, MachineAnswer, verdict
from adapters.lab_analyzers.hl7_orders import OrderMessage, OrderWriter
from adapters.lab_analyzers.hl7_outbox import Outbox
from adapters.lab_analyzers.hl7_passed_orders import PassedOrders
from adapters.lab_analyzers.hl7_queries import Query
from adapters.lab_analyzers.hl7_refusals import Refused
from adapters.lab_analyzers.hl7_writing import Manner, manner_of
from adapters.lab_analyzers.mllp import CR, FS, VT
from adapters.lab_analyzers.order_handover import Handover
from hub.contract import Frame, Order, Outlet
from hub.errors import DeviceUnavailable, NoAnswer, NotCommitted, NotTaken
from hub.streams import Connection, TcpEndpoint, dial_tcp
from hub.streams.tcp import Session

REFUSED_SECONDS = 900.0  # where the refusal could not be stored, or a test has no name
UNTAKEN_SECONDS = 30.0  # nobody answered, or only tests that nobody named
POLL_SECONDS = 5.0  # only while all that could be sent is held back so
MOST_REMEMBERED = 256  # orders
LONGEST_PAUSE_SECONDS = 60.0  # between two tries to dial the machine's own listener
ORDER_LINE = "order line"
_ENDS_A_BLOCK = frozenset(FS + VT)
log = logging.getLogger(__name__)


def framed(raw: bytes) -> bytes:
    """A block of MLLP."""
    return VT + raw + FS + CR


class OrderDesk:
    """``own_line``: orders go by a connection of their own, which we dial, not by the one it speaks on."""

    def __init__(
        self,
        outlet: Outlet,
        writer: OrderWriter,
        zone: tzinfo,
        now_ms: Callable[[], int],
        codec_of: Callable[[Header], str],
        *,
        own_line: bool,
    ) -> None:
        self.writer = writer
        self._header: Header | None = None  # of the last message: how it writes
        self._codec_of = codec_of
        self._outlet = outlet
        self._zone = zone
        self._now_ms = now_ms
        self._own_line = own_line
        self._outbox = Outbox()
        self._routes: dict[Hashable, Connection] = {}
        self._spoken_on: Connection | None = None
        self._changed = asyncio.Event()
        self._handover = Handover(outlet)
        self._has: deque[Order] = deque(
            maxlen=MOST_REMEMBERED
        )  # of the machine: it refuses them a second time
        self._passed = PassedOrders()
        self._trouble = ""
        self._unanswered = 0

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self._now_ms() / 1000, self._zone)

    def _manner(self) -> Manner:
        header = self._header
        return Manner() if header is None else manner_of(header, self._codec_of(header))

    def resting(self, connection: Connection) -> None:
        """All that came by it is answered: a message of ours does not go before the answer that is due."""
        self._routes[connection] = connection
        if not self._outbox.is_empty:
            self._notify()

    def spoke(self, connection: Connection, header: Header) -> None:
        """It sent something: that is how it writes, and where what it did not ask for goes."""
        self._header = header
        self._routes.pop(connection, None)
        if self._spoken_on is not connection:
            self._spoken_on = connection
            self._notify()

    def gone(self, connection: Connection) -> None:
        self._routes.pop(connection, None)
        self._outbox.gone(connection)
        if self._spoken_on is connection:
            self._spoken_on = None
        self._passed.gone(self._outbox)
        self._notify()

    async def pass_on(self, raw: bytes) -> bytes:
        """Send an order of the hospital's own system; what the machine answers. Raises NotTaken."""
        header = read_header(raw)
        route: Hashable | None = ORDER_LINE if self._own_line else self._spoken_on
        if isinstance(header, Fault):
            raise NotTaken(header.reason, ever=False)
        message = OrderMessage(header.raw(10).strip(), raw, awaited=True)
        if route is None or not self._outbox.put(message, route):
            raise NotTaken("orders.too_many" if route else "device.away")
        self._notify()
        try:
            return await self._passed.answer(message)
        finally:
            self._outbox.withdraw(message)
            self._notify()

    def told(self, message: OrderMessage, code: Code, raw: bytes) -> None:
        """The machine's answer to an order of the hospital's own system, or to one of ours."""
        self._passed.told(message, code, raw)

    async def passed(self, frame: Frame) -> bytes | None:
        """What the hospital's own system answers, where the query goes there; None: we answer."""
        try:
            answer = await self._outlet.ask(frame)
        except NoAnswer:
            return None
        return None if answer is None or _ENDS_A_BLOCK & set(answer) else answer

    async def found(self, query: Query) -> list[Order]:
        """What is to be measured on each specimen that is asked for; raises NotCommitted."""
        if query.everything:
            return list(await self._outlet.orders(None))
        return [order for specimen in query.specimens for order in await self._outlet.orders(specimen)]

    def offer(self, messages: Sequence[OrderMessage], connection: Connection) -> bytes:
        """Queue ``messages``; gives the block that goes out at once, behind the answer of the caller."""
        route: Hashable = ORDER_LINE if self._own_line else connection
        taken = [self._outbox.put(message, route) for message in messages]
        if not all(taken):
            log.warning("orders not sent", extra={"reason": "too many wait", "peer": connection.peer})
        return self.next_block(connection)

    def next_block(self, connection: Connection) -> bytes:
        """What goes out by ``connection`` now, if it is its turn."""
        self._notify()
        sending = self._outbox.next(asyncio.get_running_loop().time(), (connection,))
        return framed(sending.message.raw) if sending else b""

    def heard(self, answer: MachineAnswer) -> OrderMessage | None:
        """The message that an answer is for. To be called as answers come, before anything is awaited."""
        message = self._outbox.heard(answer, asyncio.get_running_loop().time())
        self._notify()
        return message

    async def settle(self, answer: MachineAnswer, message: OrderMessage) -> None:
        """Commit what the machine said; while the store is away it is kept in mind."""
        if answer.code == "CA":
            return
        said = verdict(answer, message)
        refused = [order for order in said.refused if order not in self._has and not order.cancelled]
        told = [order for order in said.refused if order.cancelled]  # too late to cancel: it has heard of it
        await self._refuse(refused)
        await self.hand_over([*said.taken, *told])
        if refused:
            self._tell("orders.refused")
        elif said.taken:
            self._tell("")
        self._notify()

    async def give_back(self, refused: Sequence[Refused]) -> None:
        """Commit that the machine had taken orders of these tests and will not measure them after all."""
        meant: dict[str, Order] = {}
        try:
            for one in refused:
                meant |= {order.order: order for order in await self._ordered(one)}
            if meant:
                await self.hand_over(())
                await self._outlet.refused(tuple(meant.values()), had=True)
        except NotCommitted as error:
            log.warning("orders not noted as refused", extra={"reason": str(error)})
            return
        if meant:
            self._handover.gave_back(meant)
            self._has = deque((has for has in self._has if has.order not in meant), MOST_REMEMBERED)
            self._tell("orders.refused")

    async def _ordered(self, one: Refused) -> list[Order]:
        waiting = await self._outlet.orders(self.writer.label(self._outlet.pseudonyms, one.specimen))
        return [order for order in waiting if one.test in self.writer.codes(order)]

    async def _refuse(self, orders: Sequence[Order]) -> None:
        self._hold(orders, REFUSED_SECONDS)
        if orders:
            try:
                await self._outlet.refused(orders)
            except NotCommitted as error:
                log.warning("orders not noted as refused", extra={"reason": str(error)})

    async def hand_over(self, orders: Sequence[Order]) -> None:
        """Commit that the machine has ``orders``, and those it took before."""
        try:
            self._has.extend(await self._handover.commit(orders))
        except NotCommitted as error:
            log.warning("orders not handed over", extra={"reason": str(error)})

    async def watch(self) -> None:
        """Send what waits, and again what was not answered, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            changed = self._changed
            while sending := self._outbox.next(loop.time(), self._routes):
                await self._write(self._routes[sending.route], framed(sending.message.raw))
            if self._outbox.unanswered > self._unanswered:
                self._unanswered = self._outbox.unanswered
                self._tell("orders.no_answer")
            deadline = self._outbox.deadline(self._routes)
            await _within(changed, None if deadline is None else deadline - loop.time())

    async def _write(self, connection: Connection, block: bytes) -> None:
        """A line that broke is found by who reads it."""
        if not connection.writer.is_closing():
            connection.writer.write(block)
            with suppress(OSError):
                await connection.writer.drain()

    def _notify(self) -> None:
        """Who waits for a change looks again; nobody clears the event under another's feet."""
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def download(self) -> None:
        """Send what nobody asked for, until cancelled; what is not taken is held back for a while."""
        while True:
            changed = self._changed
            orders = [order for order in await self._next_orders() if self._may_go(order)]
            route: Hashable | None = ORDER_LINE if self._own_line else self._spoken_on
            if not orders or route is None:
                await self.hand_over(())
                await _within(changed if route is None else asyncio.Event(), POLL_SECONDS)
                continue
            written = self.writer.unasked(self._manner(), orders, self.now)
            for left in written.left_out:
                log.warning("not ordered", extra={"reason": left.reason, "place": left.place})
                self._tell(left.reason)
            self._hold(orders, UNTAKEN_SECONDS if written.messages else REFUSED_SECONDS)
            for message in written.messages:
                self._outbox.put(message, route)
            self._notify()
            await self._until_sent(written.messages)

    async def _next_orders(self) -> Sequence[Order]:
        try:
            return await self._outlet.next_orders()
        except NotCommitted as error:
            log.warning("orders cannot be read", extra={"reason": str(error)})
            return ()

    def _may_go(self, order: Order) -> bool:
        """Not what was refused as it is, nor what the machine has and our store does not know of yet."""
        return self._handover.may_go(order, asyncio.get_running_loop().time())

    def _hold(self, orders: Sequence[Order], seconds: float) -> None:
        now = asyncio.get_running_loop().time()
        self._handover.hold(orders, now, now + seconds)

    async def _until_sent(self, messages: Sequence[OrderMessage]) -> None:
        while True:
            changed = self._changed
            if not any(self._outbox.holds(message) for message in messages):
                return
            await changed.wait()

    async def dial(self, endpoint: TcpEndpoint, serve: Session) -> None:
        """Hold a connection to the machine's own listener while something is to be sent by it."""
        pause = 1.0

        async def session(connection: Connection) -> None:
            nonlocal pause
            pause = 1.0
            self._routes[ORDER_LINE] = connection
            self._notify()
            try:
                await serve(connection)
            finally:
                del self._routes[ORDER_LINE]
                self._outbox.interrupted(ORDER_LINE)

        while True:
            await self._until_wanted()
            try:
                await dial_tcp(endpoint, session)
            except DeviceUnavailable as error:
                self._tell("orders.unreachable")
                log.warning("order line down", extra={"reason": str(error)})
            await asyncio.sleep(random.uniform(0.5, 1.0) * pause)
            pause = min(LONGEST_PAUSE_SECONDS, pause * 2)

    async def _until_wanted(self) -> None:
        while True:
            changed = self._changed
            if self._outbox.has_for(ORDER_LINE):
                return
            await changed.wait()

    def _tell(self, trouble: str) -> None:
        if trouble != self._trouble:
            self._trouble = trouble
            self._outlet.health("DEGRADED" if trouble else "ONLINE", trouble)


async def _within(changed: asyncio.Event, seconds: float | None) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(None if seconds is None else max(0.0, seconds)):
            await changed.wait()
