"""Where a camera is, and which addresses may be connected to. Pure: who resolves a name asks ``permitted``.

A name is resolved once for a connection and the connection is made to the very address that was checked, so
that no second answer of a name server leads elsewhere. What a camera says of other hosts (redirects, Content-
Base, control) is followed only to allowed addresses, or not at all.
"""

from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import quote, unquote, urlsplit

from adapters.cameras.rtsp.login import Login

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address
DEFAULT_PORTS = {"rtsp": 554, "rtsps": 322}  # RFC 7826, 4.2
LONGEST_URL = 1000
# RFC 3986: what may stand in a path or query as it is; "%" because it is written escaped already.
_PLAIN = "/:@!$&'()*+,;=~?%[]-._"


@dataclass(frozen=True, slots=True)
class CameraPlace:
    """``path``: with its query, escaped; it may hold a login, so ``repr`` leaves it out.

    ``allow``: its address must be in one of them. ``certificate``: SHA-256 of its TLS certificate (hex) where
    nobody whom this machine trusts has signed it, as is usual.
    """

    host: str
    port: int = 554
    path: str = field(default="/", repr=False)
    tls: bool = False
    allow: tuple[Network, ...] = ()
    certificate: str = ""

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    @property
    def scheme(self) -> str:
        return "rtsps" if self.tls else "rtsp"

    @property
    def url(self) -> str:
        """What requests name; no login but one that stands in the path."""
        return self.authority + self.path

    def permits(self, address: str) -> bool:
        """Whether this address may be connected to."""
        return permitted(address, self.allow)

    def redirected(self, location: str) -> "CameraPlace | None":
        """Where a camera sends us; None: not a place, without TLS where there was, or another login's.

        Its address is checked where it is connected to, as every other is.
        """
        try:
            place, login = place_of(location, self.allow)
        except ValueError:
            return None
        if login is not None or (self.tls and not place.tls):
            return None
        return replace(place, certificate=self.certificate)


def place_of(url: str, allow: tuple[Network, ...]) -> tuple[CameraPlace, Login | None]:
    """The place and the login that ``url`` names; raises ValueError, which repeats nothing of it."""
    if len(url) > LONGEST_URL or not url.isprintable() or " " in url:
        raise ValueError("not an address")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
        parts.geturl().encode()
        host = (host or "").encode("idna").decode() if not (host or "").isascii() else host
    except ValueError:
        raise ValueError("not an address") from None
    if parts.scheme not in DEFAULT_PORTS or not host or parts.fragment:
        raise ValueError("not an address of RTSP")
    port = DEFAULT_PORTS[parts.scheme] if port is None else port
    if not port:
        raise ValueError("not an address of RTSP")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    place = CameraPlace(host, port, quote(target, safe=_PLAIN), parts.scheme == "rtsps", allow)
    if parts.username is None:
        return place, None
    return place, Login(unquote(parts.username), unquote(parts.password or ""))


def permitted(address: str, allow: tuple[Network, ...]) -> bool:
    """Whether ``address`` is in one of the networks.

    This machine itself and link-local addresses (where clouds keep their metadata) only where a network names
    nothing else: 0.0.0.0/0 does not mean them. Multicast and unspecified ones never.
    """
    try:
        plain = _plain(ip_address(address.partition("%")[0]))
    except ValueError:
        return False
    if plain.is_multicast or plain.is_unspecified or plain == IPv4Address("255.255.255.255"):
        return False
    networks = (network for network in allow if network.version == plain.version and plain in network)
    if plain.is_loopback:
        return any(network.is_loopback for network in networks)
    if plain.is_link_local:
        return any(network.is_link_local for network in networks)
    return any(networks)


def _plain(address: Address) -> Address:
    """An IPv4 address that is written as IPv6 is what it is."""
    return (isinstance(address, IPv6Address) and address.ipv4_mapped) or address
