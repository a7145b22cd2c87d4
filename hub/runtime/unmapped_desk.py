"""Results that nobody understood, as an edge still keeps them: which codes, of which device.

Nothing is counted beside: what is kept is opened and looked at, so the list is right after a replay and
after the captures' time is over, and no metric has a label for each code that a machine invents.
"""

import msgspec

from hub.control import Answer, Handler
from hub.edge.edge import Edge
from hub.errors import ConfigError, OperatorError
from hub.payloads import LabResult
from hub.spool import Emitted
from hub.spool.desk import CaptureFilter, SpoolDesk
from hub.unmapped_codes import unmapped_codes

PAGE = 200  # captures opened for one answer
_result = msgspec.json.Decoder(LabResult).decode


def unmapped_calls(edge: Edge) -> dict[str, Handler]:
    spool = SpoolDesk(edge.spool.path)

    async def unmapped_page(device: str = "", before: tuple[int, int] = (2**62, 2**62)) -> Answer:
        """Captures with unmapped results, the newest first; ``next``: the next ``before``, or null."""
        if device and device not in edge.adapters:
            raise OperatorError("this edge has no such device")
        wanted = CaptureFilter(device or None, before=(int(before[0]), int(before[1])))
        entries = await spool.captures(wanted, PAGE)
        items = []
        for entry in entries:
            capture = await edge.spool.load_capture(bytes.fromhex(entry.capture))
            codes = [code for emitted in capture.contents.emitted for code in _codes(emitted)]
            if codes:
                items.append({"capture": entry.capture, "device": entry.device, "unmapped": codes})
        last = entries[-1] if len(entries) == PAGE else None
        return {"items": items, "next": [last.received_ms, last.n] if last else None}

    async def reread(device: str) -> Answer:
        """Let it go by what its files say now."""
        if device not in edge.adapters:
            raise OperatorError("this edge has no such device")
        try:
            edge.adapters[device].read_rules_anew()
        except ConfigError as error:
            raise OperatorError(str(error)) from error
        return {}

    return {"unmapped.page": unmapped_page, "unmapped.reread": reread}


def _codes(emitted: Emitted) -> list[tuple[str, str]]:
    return unmapped_codes(_result(emitted.data)) if emitted.type == LabResult.TYPE else []
