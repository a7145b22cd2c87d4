"""The address of a camera as it is written in epihub.toml: read, and refused where it would show a login."""

from ipaddress import ip_network
from typing import Annotated
from urllib.parse import parse_qsl, urlsplit

from pydantic import AfterValidator, Field

from adapters.cameras.rtsp.places import Network, place_of

LONGEST_URL = 500
# What makes of cameras call a login that they take in the address (Dahua and XM clones, older Vivotek).
_LOGIN_KEYS = frozenset(("user", "username", "usr", "password", "passwd", "pwd", "pass", "auth", "token"))
# Addresses of the hospital's own networks: RFC 1918, and unique local ones of RFC 4193. Not this machine,
# and nothing link-local, where clouds keep their metadata.
OWN_NETWORKS: tuple[Network, ...] = tuple(
    ip_network(each) for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
)


def plain_address(text: str) -> str:
    """rtsp or rtsps, a host, and no login; raises ValueError with a text that repeats nothing of it."""
    _, login = place_of(text, ())
    parts = urlsplit(text)
    if login is not None:
        raise ValueError("a login must not stand in the address: use username and password")
    keys = {name.lower() for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    keys |= {
        each.partition("=")[0].lower() for each in parts.path.replace("/", "&").split("&") if "=" in each
    }
    if keys & _LOGIN_KEYS:
        raise ValueError("a login must not stand in the address: use username and password, or secret_url")
    return text


CameraAddress = Annotated[str, Field(max_length=LONGEST_URL), AfterValidator(plain_address)]
