"""What one table cannot know of another: names used twice, sites that are not there, ports, open doors."""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from hub.broker.accounts import own_accounts
from hub.config.alarm_checks import check_alarms
from hub.config.bus_section import BusSection
from hub.config.destination_checks import check_destinations
from hub.config.draft import Draft
from hub.config.fields import is_loopback
from hub.config.forwarding import Forward
from hub.config.locate import Path
from hub.config.mistakes import near
from hub.config.models import ApiSection, EdgeSection, StoreSection, listener_host, listens
from hub.config.notify_checks import check_notify
from hub.config.projection_checks import check_projections
from hub.contract import DeviceConfig
from hub.errors import ConfigError


def check_all(draft: Draft) -> None:
    """Note every mistake between tables; tables that are wrong in themselves are left out."""
    for names in (_names(draft, "site", "id"), _names(draft, "device", "id"), _bus_names(draft)):
        _unique(draft, names)
    _sites(draft)
    _plain(draft)
    _tls(draft)
    _bus(draft)
    _bus_accounts(draft)
    _store(draft)
    _peers(draft)
    _ports(draft)
    _forwards(draft)
    check_alarms(draft)
    check_notify(draft)
    check_projections(draft)
    check_destinations(draft)


def _names(draft: Draft, table: str, key: str) -> Iterator[tuple[Path, object]]:
    """Read from the file itself: a name counts even where the rest of its table is wrong."""
    return (((table, n, key), entry.get(key)) for n, entry in enumerate(draft.entries(table)))


def _bus_names(draft: Draft) -> Iterator[tuple[Path, object]]:
    """User names on the bus, of edges and of devices."""
    for table, key in (("edge", "id"), ("user", "name")):
        for n, entry in enumerate(_bus_entries(draft, table)):
            yield ("bus", table, n, key), entry.get(key)


def _bus_entries(draft: Draft, table: str) -> list[dict[str, Any]]:
    """``[[bus.edge]]`` and ``[[bus.user]]`` as they stand in the file."""
    bus = draft.raw.get("bus", {})
    entries = bus.get(table, []) if isinstance(bus, dict) else []
    good = isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries)
    return entries if good else []


def _unique(draft: Draft, names: Iterator[tuple[Path, object]]) -> None:
    first: dict[str, Path] = {}
    for path, name in names:
        if isinstance(name, str) and first.setdefault(name, path) != path:
            draft.wrong(path, "already used", first[name])


def _sites(draft: Draft) -> None:
    """``site`` of the edge and of devices; left out, it is the first (edge) or the only one (device)."""
    known = [name for _, name in _names(draft, "site", "id") if isinstance(name, str)]
    if not draft.entries("site"):
        draft.wrong(("site",), "missing: at least one [[site]] is needed")
    for n, entry in enumerate(draft.entries("device")):
        if len(known) > 1 and "site" not in entry:
            draft.wrong(("device", n, "site"), f"missing: there are {len(known)} sites")
    edge = draft.part(EdgeSection, "edge")
    named = [(("device", n, "site"), entry.get("site")) for n, entry in enumerate(draft.entries("device"))]
    for path, site in [(("edge", "site"), edge.site if edge else None), *named]:
        if site and isinstance(site, str) and site not in known:
            draft.wrong(path, "no [[site]] has this id" + near(site, known))


def _plain(draft: Draft) -> None:
    """API and bus leave this machine only with TLS or with the word of the operator."""
    api, bus = draft.part(ApiSection, "api"), draft.part(BusSection, "bus")
    for key, section in (("api", api), ("bus", None if bus and bus.url else bus)):
        if (
            section
            and not is_loopback(section.host)
            and not section.tls_cert_file
            and not section.allow_plain
        ):
            draft.wrong(
                (key, "host"), "off loopback: set tls_cert_file and tls_key_file, or allow_plain = true"
            )
    if bus and bus.url and not bus.allow_plain:
        url = urlsplit(bus.url)
        if url.scheme == "mqtt" and not is_loopback(url.hostname or ""):
            draft.wrong(("bus", "url"), "off loopback without TLS: use mqtts://, or allow_plain = true")


def _tls(draft: Draft) -> None:
    for key, section in (("api", draft.part(ApiSection, "api")), ("bus", draft.part(BusSection, "bus"))):
        if section and bool(section.tls_cert_file) != bool(section.tls_key_file):
            lacking = "tls_key_file" if section.tls_cert_file else "tls_cert_file"
            draft.wrong((key, lacking), "missing: certificate and key belong together")


def _bus(draft: Draft) -> None:
    """Keys of the embedded broker beside a url, or the other way round, would be ignored: say so."""
    bus = draft.part(BusSection, "bus")
    if bus is None:
        return
    # Not [[bus.edge]] and [[bus.user]]: of them `epihub bus acl` makes the other broker's accounts.
    embedded = ("host", "port", "tls_cert_file", "tls_key_file", "sync")
    other = ("username", "password", "ca_file")
    where = "the embedded broker, but url names another" if bus.url else "a broker that url names"
    given = draft.raw.get("bus", {})
    for key in embedded if bus.url else other:
        if key in given:
            draft.wrong(("bus", key), f"is for {where}")
    parts = urlsplit(bus.url or "")
    if any((parts.path.strip("/"), parts.query, parts.fragment, parts.username)):
        text = "write only mqtts://host:port; user name and password have keys of their own"
        draft.wrong(("bus", "url"), text)
    if bus.url and bus.password and not bus.username:
        draft.wrong(("bus", "username"), "missing: password needs it")


def _bus_accounts(draft: Draft) -> None:
    """Accounts that epihub makes by itself have their names for themselves; an edge's sites are known."""
    edge = draft.part(EdgeSection, "edge")
    if edge:
        for path, name in _bus_names(draft):
            if name == edge.id:
                draft.wrong(path, "is this installation's own edge: one of the two needs another [edge] id")
            elif name in own_accounts(edge.id):
                draft.wrong(path, "is the name of an account that epihub makes by itself")
    known = [name for _, name in _names(draft, "site", "id") if isinstance(name, str)]
    for n, entry in enumerate(_bus_entries(draft, "edge")):
        sites = entry.get("sites", [])
        for m, site in enumerate(sites if isinstance(sites, list) else []):
            if isinstance(site, str) and site not in known:
                draft.wrong(("bus", "edge", n, "sites", m), "no [[site]] has this id" + near(site, known))


def _store(draft: Draft) -> None:
    store = draft.part(StoreSection, "store")
    if store and store.password and not store.url:
        draft.wrong(("store", "password"), "is for a server that url names")
    if (
        store
        and store.url
        and {"password", "sslpassword"} & dict(parse_qsl(urlsplit(store.url).query)).keys()
    ):
        draft.wrong(("store", "url"), "a password must not stand in a URL: use the key password")


def _devices(draft: Draft) -> Iterator[tuple[int, DeviceConfig]]:
    for n, _ in enumerate(draft.entries("device")):
        device = draft.part(DeviceConfig, "device", n)
        if device:
            yield n, device


def _peers(draft: Draft) -> None:
    for n, device in _devices(draft):
        if listens(device) and not is_loopback(listener_host(device)) and not getattr(device, "peers", ()):
            text = 'missing: off loopback, so name who may connect: peers = ["10.1.2.0/24"]'
            draft.wrong(("device", n, "peers"), text)


@dataclass(frozen=True)
class _Door:
    """A port we listen on; devices of one ``kind`` with the same address share one listener."""

    path: Path
    kind: str
    host: str
    port: int

    def clashes(self, other: "_Door") -> bool:
        if self.port != other.port or (self.kind, self.host) == (other.kind, other.host):
            return False
        return self.host == other.host or _everywhere(self.host) or _everywhere(other.host)


def _everywhere(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


def _doors(draft: Draft) -> Iterator[_Door]:
    api, bus = draft.part(ApiSection, "api"), draft.part(BusSection, "bus")
    if api:
        yield _Door(("api", "port"), "", api.host, api.port)
    if bus and not bus.url:
        yield _Door(("bus", "port"), " ", bus.host, bus.port)
    for n, device in _devices(draft):
        port = getattr(device, "port", 0)
        if listens(device) and isinstance(port, int) and port:
            yield _Door(("device", n, "port"), device.kind, listener_host(device), port)


def _ports(draft: Draft) -> None:
    taken: dict[int, list[_Door]] = {}
    for door in _doors(draft):
        others = taken.setdefault(door.port, [])
        clash = next((other for other in others if door.clashes(other)), None)
        if clash:
            owner = "another device" if clash.path[0] == "device" else f"[{clash.path[0]}]"
            draft.wrong(door.path, f"this port is taken by {owner}", clash.path)
        if door not in others:
            others.append(door)


def _forwards(draft: Draft) -> None:
    """Each has a name of its own, a device, and an address that the device's messages can go to."""
    known = {str(name): n for n, (_, name) in enumerate(_names(draft, "device", "id"))}
    first: dict[str, Path] = {}
    for n, _ in enumerate(draft.entries("forward")):
        forward = draft.part(Forward, "forward", n)
        if forward is None:
            continue
        path: Path = ("forward", n, "id" if forward.id else "from")
        if first.setdefault(forward.name, path) != path:
            remedy = "already used" if forward.id else "this device has a forward: give this one an id"
            draft.wrong(path, remedy, first[forward.name])
        if forward.source not in known:
            draft.wrong(("forward", n, "from"), "no [[device]] has this id" + near(forward.source, known))
        elif device := draft.part(DeviceConfig, "device", known[forward.source]):
            _destination(draft, n, forward, device)
        if forward.ca_file and not forward.to.startswith("mllps:"):
            draft.wrong(("forward", n, "ca_file"), "is for mllps://")


def _destination(draft: Draft, n: int, forward: Forward, device: DeviceConfig) -> None:
    scheme = forward.to.partition(":")[0]
    try:
        possible = {"file", *draft.kinds.adapter(device.kind).senders()}
    except ConfigError:
        return  # told with the device
    if scheme not in possible:
        ways = ", ".join(sorted(f"{way}://" for way in possible))
        draft.wrong(("forward", n, "to"), f"what this kind of device sends can go to {ways} only")
