"""What a hub answers on its local socket beside health and figures: commands to its edges."""

from collections.abc import Callable

from hub.control import Answer, Handler
from hub.errors import OperatorError
from hub.runtime.hub import Hub
from storage.contract import StoreReader


def hub_calls(hub: Hub, open_reader: Callable[[], StoreReader]) -> dict[str, Handler]:
    async def replay(entry: str, by: str) -> Answer:
        """By command, also on one machine: one way for every edge (design 4)."""
        reader = open_reader()
        await reader.open()
        try:
            row = await reader.quarantined(entry)
        finally:
            await reader.close()
        if row is None or not row.get("capture"):
            raise OperatorError("no such entry, or it is the hub's own")
        args = {"capture": row["capture"]}
        ended = await hub.command(row["site"], row["edge"], row["device"], "quarantine.replay", args, by)
        told = dict(part.split("=") for part in ended.reason.split() if "=" in part)
        return {"outcome": ended.outcome, "reason": ended.reason, "events": int(told.get("events", 0))}

    return {"replay": replay}
