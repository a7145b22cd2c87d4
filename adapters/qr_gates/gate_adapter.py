"""What adapters of gates have in common: one gate each, and what its kept codes mean when read again."""

import re
from typing import ClassVar, TypeVar

from adapters.qr_gates.certificates.trust_list import TrustList
from adapters.qr_gates.codes.code_reader import CodeReader
from adapters.qr_gates.codes.shown_code import UnreadableCode
from adapters.qr_gates.gate import built_gate
from adapters.qr_gates.gate_config import GateSettings
from adapters.qr_gates.gate_facts import scan_of
from adapters.qr_gates.gate_judge import interpreted
from hub.contract import Adapter, Fact, Frame, Interpretation, MalformedFrame, Outlet

G = TypeVar("G", bound=GateSettings)
_ORIGIN = re.compile(r"scan ([0-9]{1,15})")


class GateAdapter(Adapter[G]):
    """``gate`` runs beside what listens to the scanner: ``await self.gate.run(self.serve)``."""

    CAPTURE_HOURS: ClassVar[int | None] = 24  # codes that nobody understood (design 4)

    def __init__(self, config: G, outlet: Outlet) -> None:
        super().__init__(config, outlet)
        self.gate = built_gate(config, outlet)

    def interpret(self, frame: Frame, received_ms: int) -> Interpretation:
        """Who it was, and no more: whoever stood there has long been decided about."""
        came = _ORIGIN.fullmatch(frame.origin)
        time_ms = int(came[1]) if came else received_ms
        reader = CodeReader(TrustList())
        judged = interpreted(self.config, self.outlet.pseudonyms, reader, frame.raw, time_ms)
        if isinstance(judged.shown, UnreadableCode):
            return Interpretation(
                problems=(MalformedFrame(frame.raw, judged.shown.reason, origin=frame.origin),)
            )
        key = f"{time_ms}|{judged.scan}"
        return Interpretation((Fact(scan_of(judged, self.config), key, time_ms, "received"),))
