"""What an edge answers on its local socket: its quarantine, and raw captures to whoever owns the machine."""

from base64 import b64encode

from hub.control import Answer, Handler
from hub.edge.edge import Edge
from hub.edge.replay import replay
from hub.errors import OperatorError
from hub.spool import Capture


def edge_calls(edge: Edge) -> dict[str, Handler]:
    async def quarantine_list(state: str | None = "WAITING", limit: int = 100) -> Answer:
        entries = await edge.spool.quarantine(state, max(1, min(limit, 1000)))
        return {"items": [entry._asdict() for entry in entries]}

    async def quarantine_show(capture: str) -> Answer:
        """Raw bytes: personal data, for the operator of this machine."""
        found = await _capture(edge, capture)
        contents = found.contents
        return {
            "capture": capture,
            "device": found.device,
            "received_ms": found.received_ms,
            "origin": contents.origin,
            "raw": b64encode(contents.raw).decode(),
            "events": [
                {"id": emitted.id, "type": emitted.type, "key": emitted.key} for emitted in contents.emitted
            ],
        }

    async def quarantine_replay(capture: str, device: str = "") -> Answer:
        found = await _capture(edge, capture)
        name = device or found.device
        if name not in edge.adapters:
            raise OperatorError("the capture belongs to no device of this edge; name one with --device")
        done = await replay(edge.spool, edge.adapters[name], edge.outlets[name], found)
        return {"outcome": "done", "events": done.events, "waiting": done.waiting}

    return {
        "quarantine.list": quarantine_list,
        "quarantine.show": quarantine_show,
        "quarantine.replay": quarantine_replay,
    }


async def _capture(edge: Edge, capture: str) -> Capture:
    try:
        return await edge.spool.load_capture(bytes.fromhex(capture))
    except ValueError as error:
        raise OperatorError("a capture is named by 32 hex digits") from error
