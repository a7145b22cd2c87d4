"""What Dragino's end nodes have in common: status on port 5, records of 11 bytes out of their memory."""

from collections.abc import Iterator

from adapters.cold_chain.payloads.finding import Finding, battery, unsigned_big
from adapters.cold_chain.undecodable import Undecodable

STATUS_PORT = 5
RECORD_BYTES = 11


def status(payload: bytes) -> list[Finding]:
    """Model, firmware, band and battery; only the battery is measured. Raises Undecodable."""
    expect(payload, 7)
    return [battery(unsigned_big(payload, 5))]


def records(payload: bytes) -> Iterator[bytes]:
    """Records of a reply to a poll; one of zeros says that nothing was kept. Raises Undecodable."""
    if not payload or len(payload) % RECORD_BYTES:
        raise Undecodable("cold.payload_short", f"{len(payload)} bytes are no records of {RECORD_BYTES}")
    for at in range(0, len(payload), RECORD_BYTES):
        record = payload[at : at + RECORD_BYTES]
        if any(record):
            yield record


def expect(payload: bytes, *sizes: int) -> None:
    """Raises Undecodable for a payload of another size."""
    if len(payload) not in sizes:
        raise Undecodable("cold.payload_short", f"{len(payload)} bytes")


def unknown_port(port: int) -> Undecodable:
    return Undecodable("cold.payload_port", f"port {port}")
