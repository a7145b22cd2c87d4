"""What passes between libav and a camera on the control line: how far it came, and what is refused.

libav follows every redirect and sends to every ``source=``: neither may lead away from the address that was
checked, so such a reply never reaches it. Read as libav reads (rtsp.c, ff_rtsp_read_reply): carriage returns
count for nothing, blanks before a status line neither.
"""

import re
from typing import Final

from adapters.cameras.reasons import REASON_OF_STATUS, Phase, Reason

_LONGEST_LINE: Final = 1024  # of a longer one the beginning
_STATUS: Final = re.compile(rb"[ \t]*RTSP/[^ \t]*[ \t]+([^ \t]*)")
_TRANSPORT: Final = re.compile(rb"[ \t]*transport[ \t]*:", re.IGNORECASE)
_ADDRESS: Final = re.compile(rb"(?:source|destination)[ \t]*=[ \t]*([^;, \t]*)", re.IGNORECASE)
_PHASES: Final[dict[bytes, Phase]] = {
    b"OPTIONS": "options",
    b"DESCRIBE": "describe",
    b"SETUP": "setup",
    b"PLAY": "play",
}


class ControlWatch:
    """``addresses``: those that a camera may name, its own and ours. ``failed``: why it may not go on."""

    def __init__(self, addresses: frozenset[str]) -> None:
        self.reached: list[Phase] = []
        self.failed: Reason | None = None
        self.status = 0  # of the last reply; 0: none came
        self._addresses = addresses
        self._asked: list[bytes] = []  # methods that wait for their reply
        self._request = b""
        self._reply = b""

    def asked(self, data: bytes) -> None:
        """libav sends this."""
        for line in self._lines("_request", data):
            method, _, rest = line.partition(b" ")
            if rest.rstrip().endswith(b"RTSP/1.0"):
                self._asked.append(method)
                del self._asked[:-16]

    def answered(self, data: bytes) -> bool:
        """The camera sent this; False: libav must not see it."""
        for line in self._lines("_reply", data):
            self._judge(line)
        return self.failed is None

    @property
    def reason(self) -> Reason | None:
        """What the last refusal of the camera means; None: it refused nothing."""
        if self.failed is not None or self.status < 300:
            return self.failed
        return REASON_OF_STATUS.get(self.status, "status")

    def _lines(self, kept: str, data: bytes) -> list[bytes]:
        *lines, rest = (getattr(self, kept) + data).split(b"\n")
        setattr(self, kept, rest[:_LONGEST_LINE])
        return [line[:_LONGEST_LINE].replace(b"\r", b"") for line in lines]

    def _judge(self, line: bytes) -> None:
        self._judge_source(line)
        found = _STATUS.match(line)
        if found is None:
            return
        if not re.fullmatch(rb"[12456]\d\d", found[1]):
            self.failed = "redirect_refused" if found[1].lstrip(b"+0").startswith(b"3") else "bad_reply"
            return
        method = self._asked.pop(0) if self._asked else b""
        if method == b"TEARDOWN":  # what it refused before is why
            return
        self.status = int(found[1])
        if self.status == 200 and method in _PHASES:
            self.reached.append(_PHASES[method])

    def _judge_source(self, line: bytes) -> None:
        if _TRANSPORT.match(line):
            told = {each.decode("ascii", "replace").strip('[]"') for each in _ADDRESS.findall(line)}
            if not told <= self._addresses:
                self.failed = "redirect_refused"
