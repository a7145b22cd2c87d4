"""A capture of an edge by its name."""

from hub.edge.edge import Edge
from hub.errors import OperatorError
from hub.spool import Capture


async def capture_of(edge: Edge, name: str) -> Capture:
    """``name``: 32 hex digits; raises OperatorError when there is none, or it cannot be opened."""
    try:
        return await edge.spool.load_capture(bytes.fromhex(name))
    except ValueError as error:
        raise OperatorError("a capture is named by 32 hex digits") from error
