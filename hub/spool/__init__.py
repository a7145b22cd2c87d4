"""The spool: what an edge has accepted and the hub has not yet receipted, with its captures (design 3)."""

from hub.spool.captures import Capture, QuarantineEntry
from hub.spool.contents import Contents, Emitted
from hub.spool.forwards import ForwardBook, ForwardEntry, ForwardQueue, Owed
from hub.spool.intake import CaptureRecord, Committed, EventRecord, ProblemRecord
from hub.spool.order_results import LabFact
from hub.spool.order_rows import OrderBook, OrderEntry
from hub.spool.orders import OrderQueue, OrdersChanged, Placing
from hub.spool.receipts import Verdict
from hub.spool.rows import EpochState, Row
from hub.spool.spool import Spool, SpoolFigures, SpoolLimits
from hub.wire import Receipt

__all__ = [
    "Capture",
    "CaptureRecord",
    "Committed",
    "Contents",
    "Emitted",
    "EpochState",
    "EventRecord",
    "ForwardBook",
    "ForwardEntry",
    "ForwardQueue",
    "LabFact",
    "OrderBook",
    "OrderEntry",
    "OrderQueue",
    "OrdersChanged",
    "Owed",
    "Placing",
    "ProblemRecord",
    "QuarantineEntry",
    "Receipt",
    "Row",
    "Spool",
    "SpoolFigures",
    "SpoolLimits",
    "Verdict",
]
