"""Gates that share what listens to their scanners: prepared together, served together, ended together."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from hub.errors import DeviceUnavailable, EpihubError, first_of

if TYPE_CHECKING:
    from adapters.qr_gates.gate import Gate

SCANNER_AGAIN_SECONDS = 3.0


async def run_gates(gates: "Sequence[Gate]", serve: Callable[[], Awaitable[None]]) -> None:
    """Until cancelled, or ``serve``, which listens to their scanners, ends; raises DeviceUnavailable."""
    for gate in gates:
        await gate.prepare()
    failed: EpihubError | None = None
    try:
        async with asyncio.TaskGroup() as tasks:
            beside = [task for gate in gates for task in gate.beside(tasks)]
            await _listen(gates, serve)
            for task in beside:
                task.cancel()
    except* EpihubError as errors:
        failed = first_of(errors)
    if failed is not None:
        raise failed


async def _listen(gates: "Sequence[Gate]", serve: Callable[[], Awaitable[None]]) -> None:
    """A gate whose scanner is away is opened by hand: what opens it must not go with the scanner."""
    is_opened_by_hand = any(gate.config.relay for gate in gates)
    while True:
        away: EpihubError | None = None
        try:
            await serve()
        except* DeviceUnavailable as errors:
            away = first_of(errors)
        if away is None:
            return
        if not is_opened_by_hand:
            raise away
        for gate in gates:
            gate.condition.line("OFFLINE", str(away))
        await asyncio.sleep(SCANNER_AGAIN_SECONDS)
