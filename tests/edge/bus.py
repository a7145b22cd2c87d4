"""A broker line without a broker, and a hub that keeps what reaches it in memory."""

from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import cast

from hub.edge.encoder import EDGE_ITSELF, Origin, skip_note
from hub.edge.link import EdgeLink
from hub.edge.own_readings import OwnReadings
from hub.edge.relay import Relay
from hub.errors import BusUnavailable
from hub.events import event_topic
from hub.mqtt.connection import BrokerAddress, Connection, Incoming, Outgoing, Unsendable
from hub.payloads import Skipped
from hub.sink.intake import Intake
from hub.sink.watermarks import Watermarks
from hub.spool import Receipt, Spool

EDGE, SITE = "edge-1", "lab"
NOW_MS = 1_790_000_000_000


class Line:
    """Takes what a connection takes; the test says when PUBACKs come and what a message meets."""

    def __init__(self, window: int = 1000) -> None:
        self.window = window
        self.sent: list[Outgoing] = []
        self.without_puback: list[int] = []
        self.unsendable: set[int] = set()
        self.ended = False

    @property
    def free_slots(self) -> int:
        return max(0, self.window - len(self.without_puback))

    @property
    def seqs(self) -> list[int]:
        return [outgoing.token for outgoing in self.sent if outgoing.token > 0]

    def publish(self, batch: Sequence[Outgoing]) -> None:
        if self.ended:
            raise BusUnavailable("ended")
        if len(batch) > self.free_slots:
            raise ValueError(f"{len(batch)} messages for {self.free_slots} free slots")
        for outgoing in batch:
            if outgoing.token in self.unsendable and "spool-skipped" not in outgoing.topic:
                error = Unsendable("mqtt.topic")
                error.token = outgoing.token
                raise error
        self.sent += batch
        self.without_puback += [outgoing.token for outgoing in batch]

    async def drain(self) -> None:
        if self.ended:
            raise BusUnavailable("ended")

    def as_connection(self) -> Connection:
        return cast(Connection, self)

    def puback(self, relay: Relay, count: int = 1 << 20) -> None:
        tokens, self.without_puback = self.without_puback[:count], self.without_puback[count:]
        if tokens:
            relay.on_published(tokens)


def relay_of(spool: Spool) -> Relay:
    """A relay that declares pruned rows as an edge does."""

    def declare(connection: Connection, epoch: str, first: int, last: int) -> None:
        skipped = Skipped(first, last, "receipted", "pruned", last - first + 1, epoch)
        body = skip_note(Origin(SITE, EDGE, EDGE_ITSELF), skipped, NOW_MS).body
        connection.publish([Outgoing(event_topic(SITE, EDGE, EDGE_ITSELF, Skipped.TYPE), body, -1)])

    return Relay(spool, declare)


def link_of(spool: Spool, relay: Relay, alarm: Callable[[str], None], port: int = 1) -> EdgeLink:
    """``alarm`` hears the kind."""

    async def commanded(_body: bytes, _device: str) -> None:
        raise AssertionError("nobody sent a command")

    async def announce(_connection: Connection) -> None:
        """No device to tell of."""

    return EdgeLink(
        EDGE,
        SITE,
        "1",
        spool,
        relay,
        BrokerAddress("127.0.0.1", port, EDGE, "secret"),
        alarm=lambda kind, _severity, _evidence: alarm(kind),
        commands=commanded,
        announce=announce,
        own=silent_readings(),
    )


def silent_readings() -> OwnReadings:
    """Of an edge whose own readings nobody wants."""
    return OwnReadings(lambda _reading, _at_ms: None, lambda: NOW_MS)


class MemoryHub:
    """Intake and watermarks as they are, with a set for a store."""

    def __init__(self) -> None:
        self.marks = Watermarks()
        self.stored: set[str] = set()
        self.holes: set[tuple[str, int]] = set()
        self.store = "5" * 16
        self.link = "a" * 16
        self.ticks = 0

    def take(self, outgoing: Outgoing) -> None:
        intake = Intake()
        intake.take(Incoming(outgoing.topic, outgoing.payload, 1, False, False), self.marks)
        assert not intake.poison, intake.poison
        self.stored |= {arrival.event.id for arrival in intake.arrivals}
        self.holes |= {(h.epoch, seq) for h in intake.holes for seq in range(h.first, h.last + 1)}

    def receipts(self) -> list[Receipt]:
        """Of every epoch, oldest first, as after a reconnect."""
        self.ticks += 1
        at = f"2026-{self.ticks:012d}"
        return [
            Receipt(self.store, told.epoch, told.seq, told.id, self.link, told.want, at)
            for told in self.marks.all()
        ]

    def backup(self) -> "MemoryHub":
        copy = deepcopy(self)
        copy.marks.touched()
        return copy

    def restored(self, backup: "MemoryHub") -> "MemoryHub":
        """``backup`` comes back; it finds our receipts, tells seq 0 over those it does not know."""
        restored = backup.backup()
        restored.ticks, restored.link = self.ticks, self.link
        restored.store = f"{int(self.store, 16) + 1:016x}"
        for told in restored.marks.all():
            mark = restored.marks._marks[told.edge, told.epoch]
            mark.ahead, mark.turns = {}, []
        for told in self.marks.all():
            restored.marks._marks.setdefault(
                (told.edge, told.epoch), type(self.marks._marks[told.edge, told.epoch])(told.edge, told.epoch)
            )
        return restored
