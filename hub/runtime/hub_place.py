"""Where the hub stands, and what it should hear."""

import msgspec


class HubPlace(msgspec.Struct, frozen=True):
    """``edges``: the site of each that should be there; ``power``: the group of devices that have one.

    ``beside``: the edge that shares the hub's processes, if there is one.
    """

    site: str = "hub"
    edges: dict[str, str] = {}
    power: dict[str, str] = {}
    beside: str = ""
