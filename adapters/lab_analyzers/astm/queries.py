"""What a machine that asks for orders is told: as yet, that there are none. Without an answer it waits.

Source: ASTM E1394-97 12 (Q), 13.1.3 (L.3 = I: no information available from the last query).
"""

import re
from datetime import datetime

from adapters.lab_analyzers.astm.records import read_header_record

_QUERY = re.compile(rb"[\r\n]\s*Q[^A-Za-z0-9\s]")


def no_orders(raw: bytes, at: datetime) -> bytes:
    """The answer to a message with a query, in its delimiters; empty for one without. ``at`` in its zone."""
    header = read_header_record(raw)
    if header is None or not _QUERY.search(raw):
        return b""
    marks = "".join(header.delimiters)
    mark = header.delimiters.field
    head = f"H{marks}|||EPIHUB|||||||P|1394-97|{at:%Y%m%d%H%M%S}".replace("|", mark)
    return (f"H{marks}" + head[5:] + f"\rL{mark}1{mark}I\r").encode("latin-1")
