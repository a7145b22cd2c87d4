"""``[[forward]]``: what an analyzer sends goes on to the hospital's own system."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from hub.config.fields import File, Id, wrong
from hub.config.section import Section


def _destination(text: str) -> str:
    """``mllp://``, ``mllps://`` or ``astm://host:port``, or ``file:///folder``."""
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise wrong("not a URL") from error
    if parts.scheme not in {"mllp", "mllps", "astm", "file"}:
        raise wrong("must be a URL that begins with mllp://, mllps://, astm:// or file:///")
    if parts.query or parts.fragment or parts.username is not None:
        raise wrong("write only host and port, or a folder")
    if parts.scheme == "file":
        if parts.netloc or len(parts.path) < 2:
            raise wrong("name a folder of this machine: file:///srv/lis")
    elif not host or not port or parts.path.strip("/"):
        raise wrong("name host and port: mllp://10.1.2.3:6661")
    return text


class Forward(Section):
    """At the edge: what a device sends goes on to the hospital's own system, as it came, names included."""

    TITLES = ("Forwarding to a hospital's own system", "Chuyển tiếp đến LIS của bệnh viện")

    source: Id = Field(alias="from", description="Device whose messages go on.", examples=["genexpert-01"])
    to: Annotated[str, AfterValidator(_destination)] = Field(
        description="mllp://host:port, mllps://host:port (TLS), astm://host:port, or file:///folder.",
        examples=["mllp://10.1.2.3:6661"],
    )
    id: Id | None = Field(
        default=None,
        description="Name of its queue: never change it while messages wait; the device's id if left out.",
        examples=["genexpert-01-lis"],
    )
    ca_file: File | None = Field(
        default=None,
        description="Who signed the certificate of mllps:// (PEM); the system's list if left out.",
        examples=["tls/ca.pem"],
    )
    answer_seconds: float = Field(
        default=30, gt=0, le=600, description="How long an answer may take; then it is sent again."
    )
    retry_seconds: float = Field(
        default=5, gt=0, le=600, description="First pause (seconds) before the next try; pauses double."
    )
    retry_longest_seconds: float = Field(
        default=300, gt=0, le=86_400, description="Longest pause (seconds) between two tries."
    )
    tries: int = Field(
        default=20,
        strict=True,
        ge=0,
        le=10_000,
        description="How often one message is sent that gets AE or no answer before it goes to the dead "
        "letters; 0: for ever, and all behind it wait.",
    )

    queries: bool = Field(
        default=True,
        description="Whether what the device asks (host query) is asked there; no: it is answered from the "
        "orders of epihub, and goes on like any other message.",
    )

    @property
    def name(self) -> str:
        """``id`` as it is used."""
        return self.id or self.source
