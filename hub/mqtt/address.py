"""Where a broker is, its no to us, and what it shall say when we vanish."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from hub.errors import BusUnavailable, ConfigError
from hub.mqtt.tls import trusting

_PORTS = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """One broker and who we are there; ``str()`` of it may be logged."""

    host: str
    port: int
    username: str = ""
    password: str = field(repr=False, default="")
    tls: ssl.SSLContext | None = field(repr=False, default=None)

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker publishes at QoS 1 when our connection ends without DISCONNECT."""

    topic: str
    payload: bytes
    retain: bool = True


class BrokerRefusal(BusUnavailable):
    """The broker answered CONNECT with no; ``code`` is that of MQTT 3.1.1, section 3.2.2.3."""

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.code = code


def address_from_url(
    url: str, username: str = "", password: str = "", ca_file: Path | None = None
) -> BrokerAddress:
    """Address from ``mqtt://host[:port]`` or ``mqtts://host[:port]``.

    ``ca_file`` (PEM) says who may have signed the broker's certificate, instead of the system's list.
    Raises ConfigError for any other scheme, for a path, for a file that is no certificate, and for
    credentials in the URL: URLs reach logs.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ConfigError("the broker's url is not understood; write mqtts://host:port") from None
    if parts.username is not None or parts.password is not None:
        raise ConfigError("no user or password in the broker's url; they have settings of their own")
    if (
        parts.scheme not in _PORTS
        or not parts.hostname
        or parts.path.strip("/")
        or parts.query
        or parts.fragment
    ):
        raise ConfigError("the broker's url is not understood; write mqtts://host:port or mqtt://host:port")
    tls = trusting(ca_file) if parts.scheme == "mqtts" else None
    return BrokerAddress(parts.hostname, port or _PORTS[parts.scheme], username, password, tls)
