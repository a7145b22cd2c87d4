"""Which stored reply to repeat: (device, control id, bytes), keyed (design 4)."""

import hmac
import logging

from hub.contract import Frame
from hub.edge.control_ids import ControlIds
from hub.edge.counters import MessageCounters

log = logging.getLogger(__name__)


class FrameIdentity:
    """Of the frames of one device; ``key``: the spool's."""

    def __init__(self, key: bytes, counters: MessageCounters) -> None:
        self._keyed = hmac.new(key, digestmod="sha256")  # copied for each message
        self._control_ids = ControlIds()
        self._counters = counters

    def of(self, device: str, frame: Frame, reason: str = "") -> bytes | None:
        """None: the frame has no control id.

        ``reason``: of what was quarantined. A message that lacked nothing but its end has the bytes of the
        whole one that its sender sends again, and must not be answered with the refusal of the first.
        """
        if not frame.control:
            return None
        control = frame.control.encode("utf-8", "surrogateescape")
        named = b"%b\0%d\0%b%b" % (device.encode(), len(control), control, frame.raw)
        if reason:
            named = b"\0%b\0%b" % (reason.encode(), named)  # no device's name begins so
        keyed = self._keyed.copy()
        keyed.update(named)
        identity = keyed.digest()[:16]
        if not reason and self._control_ids.is_reused(frame.control, identity):
            self._tell_reuse(device)
        return identity

    def _tell_reuse(self, device: str) -> None:
        """Once in the log: some devices give every message the same id."""
        if not self._counters.control_reused:
            log.warning("control id of another message", extra={"device": device})
        self._counters.control_reused += 1
