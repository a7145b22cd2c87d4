"""Which devices are gates: the API knows no adapter, a test holds the kinds to the entry points."""

from collections.abc import Mapping
from typing import Any

KINDS = frozenset({"gate_serial", "gate_tcp", "gate_http", "gate_wedge"})


def is_gate(device: Mapping[str, Any]) -> bool:
    """``device``: a row with its ``kind``."""
    return device.get("kind") in KINDS
