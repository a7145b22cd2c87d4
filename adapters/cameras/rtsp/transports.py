"""What a camera grants to SETUP: its channels, and how long its session lives without a word of ours."""

import re
from typing import NamedTuple

from adapters.cameras.rtsp.messages import number

_INTERLEAVED = re.compile(r"interleaved\s*=\s*(\d{1,3})(?:\s*-\s*(\d{1,3}))?", re.IGNORECASE)
_SESSION_ID = re.compile(r"[\x21-\x7e]{1,256}")
# RFC 2326, 12.37: where none is told it is a minute. Less than 10 s would be all that we do.
_DEFAULT_SECONDS, _LEAST_SECONDS, _MOST_SECONDS = 60, 10, 600


class Accepted(NamedTuple):
    """Channels of RTP and RTCP in the connection."""

    rtp: int = 0
    rtcp: int = 1


def read_transport(header: str) -> Accepted | None:
    """None: it would send another way than through the connection. No header: as we asked."""
    if header and "tcp" not in header.lower() and "interleaved" not in header.lower():
        return None
    found = _INTERLEAVED.search(header)
    if found is None:
        return Accepted()
    rtp = int(found[1])
    rtcp = int(found[2]) if found[2] else rtp + 1
    return Accepted(rtp, rtcp) if rtp < rtcp <= 255 else None


def read_session(header: str) -> tuple[str, float] | None:
    """Its name and its timeout in seconds, held between 10 and 600; None: no name that can be said again."""
    name, _, rest = header.partition(";")
    name = name.strip()
    if not _SESSION_ID.fullmatch(name):
        return None
    key, _, value = rest.strip().partition("=")
    told = number(value) if key.strip().lower() == "timeout" else None
    return name, float(min(_MOST_SECONDS, max(_LEAST_SECONDS, told or _DEFAULT_SECONDS)))
