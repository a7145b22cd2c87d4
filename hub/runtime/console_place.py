"""Whose API and console a process serves: on one machine one page, apart each its own."""

from collections.abc import Set
from pathlib import Path
from typing import Literal, NamedTuple

from hub.control import SOCKET

EDGE_SOCKET = "edge.sock"
ApiRole = Literal["hub", "edge", "both"]


class ApiOf(NamedTuple):
    """``control``: socket of the process that starts it; ``edge``: of the edge beside it, if there is one."""

    role: ApiRole
    control: Path
    edge: Path | None


def api_of(roles: Set[str], data_dir: Path) -> ApiOf | None:
    """None: an edge beside a hub that runs in the same data directory; the hub's console shows it.

    A socket is there while its process runs, and after it was killed; a clean end takes it away.
    """
    hub, edge = data_dir / SOCKET, data_dir / EDGE_SOCKET
    if {"hub", "edge"} <= roles:
        return ApiOf("both", hub, hub)
    if "hub" in roles:
        return ApiOf("both", hub, edge) if edge.exists() else ApiOf("hub", hub, None)
    return None if hub.exists() else ApiOf("edge", edge, edge)
