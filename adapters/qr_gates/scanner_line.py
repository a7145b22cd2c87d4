"""A scanner's stream into a gate: each code is queued as it ends, and bytes that are no code are kept."""

from collections.abc import Awaitable

from adapters.qr_gates.decisions.decide import Decision
from adapters.qr_gates.gate import Gate
from adapters.qr_gates.scanners.framing import ScannerCodec
from hub.contract import Codec, Frame, MalformedFrame, Outlet
from hub.streams import Connection, now_ms, pump


async def read_scanner(connection: Connection, gate: Gate, gap_ms: int, codec: Codec | None = None) -> None:
    """Until the line ends; ``codec`` where the scanner sends no characters."""

    def accept(frame: Frame | MalformedFrame) -> Awaitable[bytes]:
        if isinstance(frame, MalformedFrame):
            return _silently(gate.garbled(frame, now_ms()))
        return _silently(gate.scanned(frame, now_ms()))

    await pump(connection, codec or ScannerCodec(), accept, idle_seconds=gap_ms / 1000)


async def read_nobodys(connection: Connection, outlet: Outlet, reason: str, gap_ms: int) -> None:
    """Until the line ends: nobody knows at which gate these codes were shown, so they are only kept."""

    def accept(frame: Frame | MalformedFrame) -> Awaitable[bytes]:
        malformed = MalformedFrame(frame.raw, reason, origin=connection.peer)
        return outlet.quarantine(malformed, attributed=False)

    await pump(connection, ScannerCodec(), accept, idle_seconds=gap_ms / 1000)


async def _silently(decided: Awaitable[Decision]) -> bytes:
    """Scanners are told nothing."""
    await decided
    return b""
