"""Plain figures of an edge, counted in the loop's thread; ``hub.metrics`` renders them."""

from dataclasses import dataclass


@dataclass(slots=True)
class MessageCounters:
    """Messages of one device: received = committed + refused + in flight, at any moment.

    ``repeated``: known bytes under a known control id, answered from the stored reply.
    ``identical``: facts that were known already under another message.
    ``control_reused``: messages under the control id of another one.
    Host queries: answered with orders of ours, with none, by the hospital's own system, or by nobody there.
    ``orders_refused``: by the device.
    """

    received: int = 0
    committed: int = 0
    refused: int = 0
    repeated: int = 0
    identical: int = 0
    control_reused: int = 0
    quarantined: int = 0
    facts: int = 0
    queries_found: int = 0
    queries_empty: int = 0
    queries_passed: int = 0
    queries_unanswered: int = 0
    orders_refused: int = 0

    @property
    def in_flight(self) -> int:
        return self.received - self.committed - self.refused


@dataclass(slots=True)
class RelayCounters:
    """What the relay did since the start; ``line_since_ms``: when ``connected`` last changed, 0: never.

    ``line_trouble``: why the last line ended or could not be made, as the log has it; "" while one stands.
    """

    published: int = 0
    resent: int = 0
    receipts: int = 0
    rewinds: int = 0
    connected: bool = False
    hub_online: bool = False
    connects: int = 0
    line_since_ms: int = 0
    line_trouble: str = ""

    def line(self, connected: bool, at_ms: int) -> None:
        """The line to the bus stands now, or it does not."""
        if connected != self.connected:
            self.line_since_ms = at_ms
        self.connects += connected
        self.line_trouble = "" if connected else self.line_trouble
        self.connected = connected
