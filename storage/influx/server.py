"""Where a time-series server is, who we are there, and what it may answer to a batch of lines."""

import ssl
from base64 import b64encode
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from hub.errors import ConfigError
from hub.mqtt.tls import trusting

LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class Credentials:
    """A token, or user name and password, or nothing; none of it is ever shown.

    Raises ConfigError for a token that no header can carry.
    """

    token: str = field(default="", repr=False)
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if not (self.token.isascii() and self.token.isprintable()):
            raise ConfigError("the token has characters that cannot stand in a header")

    def header(self, scheme: str = "Token") -> dict[str, str]:
        """``Authorization``: the token (``Token`` of InfluxDB, ``Bearer`` elsewhere), or Basic."""
        if self.token:
            return {"Authorization": f"{scheme} {self.token}"}
        if not (self.username or self.password):
            return {}
        pair = f"{self.username}:{self.password}".encode()
        return {"Authorization": f"Basic {b64encode(pair).decode()}"}


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """``url``: scheme, host, port and a path before the server's own ones; nothing else."""

    url: str
    ca_file: Path | None = None
    credentials: Credentials = Credentials()

    @property
    def base(self) -> str:
        """``url`` without a slash at its end: a path of the server's own follows."""
        return self.url.rstrip("/")

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        parts = urlsplit(self.url)
        return parts.port or (443 if parts.scheme == "https" else 80)

    @property
    def path(self) -> str:
        """What ``base`` has behind the port; empty or with a slash before it."""
        return urlsplit(self.base).path

    @property
    def near(self) -> bool:
        """Whether it is on this machine, as far as its name says."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    def tls(self) -> ssl.SSLContext | None:
        """Who is trusted; None for http. Reads ``ca_file``; raises ConfigError."""
        return trusting(self.ca_file) if urlsplit(self.url).scheme == "https" else None


class Answer:
    """What came of a batch; ``reason`` is a code of ours where nothing else is said.

    Answer
    ├── Written     all of it; not yet for certain on the server's disk
    ├── BadLines    some line of it; of several, good ones may be written. reason: the server's own words
    ├── TooLarge    the batch is over the server's limit
    ├── Refused     us, or what the configuration names: an operator must act
    ├── Busy        later, not before retry_after_s
    └── Away        no connection, no answer in time, or an answer that says nothing of the lines
    """


@dataclass(frozen=True, slots=True)
class Written(Answer):
    """Any 2xx without a body."""


@dataclass(frozen=True, slots=True)
class BadLines(Answer):
    """400 or 422 with an explanation in JSON, of which ``reason`` has 200 printable characters at most.

    It may repeat what a line says: it belongs into the rejected row and nowhere else.
    """

    reason: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TooLarge(Answer):
    """413."""


@dataclass(frozen=True, slots=True)
class Refused(Answer):
    """``unauthorized`` ``forbidden`` ``not_found`` ``retention_policy_not_found`` ``redirected`` ``ca_file``
    ``not_a_time_series_server`` (2xx with a body) ``not_understood`` (400 that explains nothing).
    """

    reason: str


@dataclass(frozen=True, slots=True)
class Busy(Answer):
    """429 or 503; ``retry_after_s``: what it asks for, at most 300; None: it does not say."""

    retry_after_s: float | None


@dataclass(frozen=True, slots=True)
class Away(Answer):
    """``no_connection`` ``timed_out`` ``tls`` ``name_not_found`` ``broken_answer`` ``http_500`` …"""

    reason: str
