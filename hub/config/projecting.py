"""``[[projection]]``: a time-series server that is fed from the store."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints

from hub.config.fields import File, Flag, Id, is_loopback, url_of, wrong
from hub.config.section import Section
from hub.secret import Secret

MOST_PROJECTIONS = 10

Dialect = Literal["v2", "v1"]
ReadBackBy = Literal["none", "promql", "influxql"]


def _bare(text: str) -> str:
    """Scheme, host, port and a path before the server's own paths; the rest has keys of its own."""
    parts = urlsplit(text)
    if parts.query or parts.fragment or parts.username is not None:
        raise wrong("write only scheme, host, port and path: the rest has keys of its own")
    return text


def _word(text: str) -> str:
    if not text.isprintable():
        raise wrong("has characters that cannot be shown")
    return text


Url = Annotated[str, StringConstraints(max_length=500), url_of("http", "https"), AfterValidator(_bare)]
Word = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_word)]


class Projection(Section):
    """A server that speaks InfluxDB's line protocol and is fed from the store."""

    TITLES = ("Time-series servers", "Máy chủ chuỗi thời gian")

    name: Id = Field(
        description="Its name: what was sent is kept under it, so never change it.", examples=["victoria"]
    )
    kind: Literal["influx"] = Field(description="What it speaks.", examples=["influx"])
    url: Url = Field(
        description="Address without the server's own paths; a VictoriaMetrics cluster has /insert/0/influx.",
        examples=["http://127.0.0.1:8428"],
    )
    plain: Flag = Field(
        default=False, description="Yes: http:// off loopback; figures and password go as they are."
    )
    dialect: Dialect = Field(
        default="v2", description="v2: /api/v2/write with a bucket; v1: /write with a database."
    )
    org: Word | None = Field(default=None, description="v2: the organisation.", examples=["health"])
    bucket: Word | None = Field(default=None, description="v2: the bucket.", examples=["epihub"])
    database: Word | None = Field(default=None, description="v1: the database.", examples=["epihub"])
    retention_policy: Word | None = Field(
        default=None,
        description="v1: the retention policy; the database's own if left out.",
        examples=["long"],
    )
    token: Secret | None = Field(
        default=None,
        description="Token (Authorization: Token …), or user name and password.",
        examples=[{"file": "secrets/influx-token"}],
    )
    username: Word | None = Field(
        default=None, description="User name, with password (Basic).", examples=["epihub"]
    )
    password: Secret | None = Field(
        default=None, description="Password.", examples=[{"file": "secrets/influx-password"}]
    )
    read: ReadBackBy = Field(
        default="none",
        description="How `epihub projection verify` reads back: promql (VictoriaMetrics), influxql (/query).",
    )
    read_url: Url | None = Field(
        default=None,
        description="Where it reads back, if not at url.",
        examples=["http://127.0.0.1:8481/select/0/prometheus"],
    )
    ca_file: File | None = Field(
        default=None,
        description="Who signed the certificate of https:// (PEM); the system's list if left out.",
        examples=["tls/ca.pem"],
    )
    history: Flag = Field(default=True, description="Whether readings older than the log are sent, too.")
    batch_points: int = Field(
        default=5000, strict=True, ge=1, le=50_000, description="Most lines of one request."
    )
    series_most: int = Field(
        default=100_000,
        strict=True,
        ge=1,
        le=10_000_000,
        description="Most series; what would be further ones is not sent, but counted and shown.",
    )
    health_seconds: float = Field(
        default=15, ge=1, le=3600, description="How often figures of the hub itself are sent."
    )

    def leaves_open(self) -> tuple[str, ...]:
        """Keys whose address leaves this machine without TLS."""
        named = (("url", self.url), ("read_url", self.read_url or ""))
        return tuple(key for key, url in named if url.startswith("http:") and not _near(url))


def _near(url: str) -> bool:
    return is_loopback(urlsplit(url).hostname or "")
