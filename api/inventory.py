"""Sites and devices: what is configured, joined with what store or edge have heard of them."""

from collections.abc import Awaitable, Callable, Sequence

from api.settings import ApiSettings
from storage.contract import Row

_HEARD = ("edge", "state", "reason", "since", "last_message", "clock_offset_s")
EDGE = "edge"
EDGE_AWAY = {"state": "UNKNOWN", "reason": "edge_offline"}


class Inventory:
    """A configured device that was never heard is UNKNOWN; one heard but not configured is shown. What its
    edge said last is not known any more once the edge is away.

    ``heard`` gives {device site edge kind state reason since last_message} of each.
    """

    def __init__(self, settings: ApiSettings, heard: Callable[[], Awaitable[list[Row]]]) -> None:
        self._settings = settings
        self._heard = heard

    def sites(self) -> list[Row]:
        counts = _count_by_site(self._settings.devices)
        return [_site(site, counts.get(site["id"], 0)) for site in self._settings.sites]

    async def devices(self) -> list[Row]:
        """Every device by id: {id type site device time received kind profile edge state reason since …}."""
        heard = {str(row.get("device") or row.get("id")): row for row in await self._heard()}
        known = {device["id"]: device for device in self._settings.devices}
        away = {name for name, row in heard.items() if row.get("kind") == EDGE and row["state"] != "ONLINE"}
        found = [_device(name, known.get(name, {}), heard.get(name)) for name in sorted({*heard, *known})]
        return [row | EDGE_AWAY if row.get("edge") in away else row for row in found]

    async def device(self, name: str) -> Row | None:
        return next((row for row in await self.devices() if row["id"] == name), None)


def _count_by_site(devices: Sequence[dict[str, str]]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for device in devices:
        counts[device["site"]] = counts.get(device["site"], 0) + 1
    return counts


def _site(site: dict[str, str], devices: int) -> Row:
    told = {"name": site.get("name", site["id"]), "kind": site.get("kind"), "district": site.get("district")}
    return {"id": site["id"], "type": "site", "site": site["id"], **told, "devices": devices}


def _device(name: str, known: dict[str, str], heard: Row | None) -> Row:
    row: Row = {"id": name, "type": "device", "site": known.get("site"), "device": name}
    row |= {"kind": known.get("kind"), "profile": known.get("profile"), "configured": bool(known)}
    if heard is None:
        return row | dict.fromkeys(_HEARD) | {"state": "UNKNOWN", "reason": "device.never_heard"}
    row |= {field: heard.get(field) for field in _HEARD}
    row["time"], row["received"] = heard.get("since"), heard.get("last_message")
    row["site"] = row["site"] or heard.get("site")
    row["kind"] = row["kind"] or heard.get("kind")
    row["profile"] = row["profile"] or heard.get("profile")
    return row
