"""What an edge answers on its local socket: its quarantine, and raw captures to whoever owns the machine."""

from hub.control import Answer, Handler
from hub.edge.edge import Edge
from hub.edge.replay import replay
from hub.errors import OperatorError
from hub.runtime.analyzer_desk import AnalyzerDesk
from hub.runtime.captures import capture_of
from hub.runtime.edge_camera_desk import EdgeCameraDesk
from hub.runtime.edge_desk import EdgeDesk
from hub.runtime.edge_gate_desk import EdgeGateDesk
from hub.runtime.forward_desk import ForwardDesk
from hub.runtime.journey_desk import JourneyDesk
from hub.runtime.message_desk import MessageDesk
from hub.runtime.name_desk import NameDesk
from hub.runtime.order_desk import OrderDesk
from hub.runtime.picture_desk import PictureDesk
from hub.runtime.run_desk import RunDesk
from hub.runtime.screen_desk import ScreenDesk
from hub.runtime.unmapped_desk import unmapped_calls

BY_COMMAND = "epihub quarantine show"


def edge_calls(edge: Edge) -> dict[str, Handler]:
    async def quarantine_list(state: str | None = "WAITING", limit: int = 100) -> Answer:
        entries = await edge.spool.quarantine(state, max(1, min(limit, 1000)))
        return {"items": [entry._asdict() for entry in entries]}

    async def quarantine_replay(capture: str, device: str = "") -> Answer:
        found = await capture_of(edge, capture)
        name = device or found.device
        if name not in edge.adapters:
            raise OperatorError("the capture belongs to no device of this edge; name one with --device")
        done = await replay(edge.spool, edge.adapters[name], edge.outlets[name], found)
        return {"outcome": "done", "events": done.events, "waiting": done.waiting}

    async def quarantine_show(capture: str, reason: str = BY_COMMAND) -> Answer:
        """Raw bytes for the operator of this machine; the account and the reason stand in the audit."""
        return await desk.look(capture, reason)

    async def people_kept() -> Answer:
        """Each list of people that this edge's gates look up."""
        return {"items": edge.people.told()}

    desk = EdgeDesk(edge)
    return {
        **desk.calls(),
        **unmapped_calls(edge),
        **ForwardDesk(edge).calls(),
        **OrderDesk(edge).calls(),
        **NameDesk(edge).calls(),
        **MessageDesk(edge).calls(),
        **JourneyDesk(edge).calls(),
        **RunDesk(edge).calls(),
        **AnalyzerDesk(edge).calls(),
        **EdgeGateDesk(edge).calls(),
        **EdgeCameraDesk(edge).calls(),
        **ScreenDesk(edge).calls(),
        **PictureDesk(edge).calls(),
        "people.kept": people_kept,
        "quarantine.list": quarantine_list,
        "quarantine.show": quarantine_show,
        "quarantine.replay": quarantine_replay,
    }
