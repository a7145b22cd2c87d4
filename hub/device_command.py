"""What a person at the hub or at the edge wants a device to do, as its adapter gets it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.payloads import CommandOutcome

Answer = Callable[[CommandOutcome, str], Awaitable[None]]


@dataclass(frozen=True, slots=True, eq=False)
class DeviceCommand:
    """``action`` and ``args`` (ids and codes only) as it was sent; ``by``: the id of whoever wants it.

    It is answered once, by one of the four; ``reason`` is a code or a short phrase. Each returns when the
    command.result.v1 is on disk, and raises NotCommitted; a second answer is nothing.
    """

    id: str
    action: str
    by: str
    expires_ms: int  # Unix ms; nothing may move after it
    answer: Answer = field(repr=False)
    args: Mapping[str, Any] = field(default_factory=dict)

    async def done(self, reason: str = "") -> None:
        await self.answer("done", reason)

    async def refused(self, reason: str) -> None:
        """Nothing was done."""
        await self.answer("refused", reason)

    async def expired(self) -> None:
        """It came to be done too late, and was not."""
        await self.answer("expired", "")

    async def failed(self, reason: str) -> None:
        """It was tried; nobody may rely on what it did."""
        await self.answer("failed", reason)
