"""Commands about captures: which adapter reads one again, and whose outlet tells of it."""

from collections.abc import Mapping
from typing import Any

from hub.contract import Adapter
from hub.edge.outlet import DeviceOutlet
from hub.edge.replay import discard, replay
from hub.errors import OperatorError
from hub.spool import Capture, Spool
from hub.wire import Command


class CaptureCommands:
    """Every method raises OperatorError for a capture that is not there or belongs to nobody."""

    def __init__(
        self, spool: Spool, adapters: Mapping[str, Adapter[Any]], outlets: Mapping[str, DeviceOutlet]
    ) -> None:
        self.spool = spool
        self._adapters = adapters
        self._outlets = outlets

    async def replay(self, command: Command) -> str:
        capture = await self._named_by(command)
        device = str(command.args.get("device") or capture.device)
        if device not in self._adapters:
            raise OperatorError(
                "the capture belongs to no device; at its edge: epihub quarantine replay CAPTURE --device ID"
            )
        done = await replay(self.spool, self._adapters[device], self._outlets[device], capture)
        return f"events={done.events} waiting={done.waiting}"

    async def discard(self, command: Command) -> str:
        capture = await self._named_by(command)
        await discard(self.spool, self.outlet_of(capture), capture)
        return "discarded"

    def outlet_of(self, capture: Capture) -> DeviceOutlet:
        """Who tells of a capture: its device's outlet, any for bytes of nobody."""
        outlet = self._outlets.get(capture.device) or next(iter(self._outlets.values()), None)
        if outlet is None:
            raise OperatorError("this edge has no device any more that could tell of the capture")
        return outlet

    async def _named_by(self, command: Command) -> Capture:
        try:
            return await self.spool.load_capture(bytes.fromhex(str(command.args.get("capture", ""))))
        except ValueError as error:
            raise OperatorError("no capture is named") from error
