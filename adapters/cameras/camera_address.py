"""The address of a camera as it is written in epihub.toml: read, and refused where it would show a login."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated
from urllib.parse import parse_qsl, urlsplit

from pydantic import AfterValidator, Field

Network = IPv4Network | IPv6Network
LONGEST_URL = 500
SCHEMES = ("rtsp", "rtsps")
DEFAULT_PORTS = {"rtsp": 554, "rtsps": 322}  # RFC 7826, 4.2
# What makes of cameras call a login that they take in the address (Dahua and XM clones, older Vivotek).
_LOGIN_KEYS = frozenset(("user", "username", "usr", "password", "passwd", "pwd", "pass", "auth", "token"))
# Addresses of the hospital's own networks: RFC 1918, and unique local ones of RFC 4193. Not this machine,
# and nothing link-local, where clouds keep their metadata.
OWN_NETWORKS: tuple[Network, ...] = tuple(
    ip_network(each) for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
)


def rtsp_address(text: str) -> str:
    """rtsp or rtsps with a host; raises ValueError with a text that repeats nothing of it."""
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError("not an address") from None
    if parts.scheme not in SCHEMES or not host or not text.isprintable() or " " in text:
        raise ValueError("must begin with rtsp:// or rtsps:// and name a host")
    if parts.fragment:
        raise ValueError("an address of a camera has no #")
    return text


def plain_address(text: str) -> str:
    """The same, and without a login in it."""
    parts = urlsplit(rtsp_address(text))
    if parts.username is not None or parts.password is not None:
        raise ValueError("a login must not stand in the address: use username and password")
    keys = {name.lower() for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    keys |= {
        each.partition("=")[0].lower() for each in parts.path.replace("/", "&").split("&") if "=" in each
    }
    if keys & _LOGIN_KEYS:
        raise ValueError("a login must not stand in the address: use username and password, or secret_url")
    return text


CameraAddress = Annotated[str, Field(max_length=LONGEST_URL), AfterValidator(plain_address)]
