"""What every payload is (hub.payloads, hub.reported)."""

from typing import ClassVar

import msgspec


class Payload(msgspec.Struct, frozen=True):
    """Base of every payload; ``TYPE`` is the event type, with its version."""

    TYPE: ClassVar[str] = ""
