"""``[[destination]]``: whom what the store holds is sent to (docs/feeds.md)."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints

from hub.config.fields import File, Flag, Id, is_loopback, url_of, wrong
from hub.config.section import Section
from hub.feeds.signing import secret_bytes
from hub.secret import Secret

MOST_DESTINATIONS = 20
MOST_PATTERNS = 50


def _bare(text: str) -> str:
    parts = urlsplit(text)
    if parts.fragment or parts.username is not None or not text.isascii() or not text.isprintable():
        raise wrong("write scheme, host, port, path and query in ASCII, without user and #")
    return text


Url = Annotated[
    str, StringConstraints(max_length=500), url_of("http", "https", "mllp", "mllps"), AfterValidator(_bare)
]
Word = Annotated[str, StringConstraints(min_length=1, max_length=180, pattern=r"^[A-Za-z0-9._ -]+$")]
TypePattern = Annotated[str, StringConstraints(pattern=r"^[a-z0-9.*?-]{1,64}$")]


class Destination(Section):
    """A system that gets what the store holds, event by event."""

    TITLES = ("Destinations", "Nơi nhận")

    name: Id = Field(
        description="Its name: how far it is, is kept under it, so never change it.", examples=["central"]
    )
    kind: Literal["webhook", "fhir", "oru"] = Field(
        description="What it speaks: events as they are; FHIR R4 bundles of results; HL7 ORU^R01 by MLLP.",
        examples=["webhook"],
    )
    url: Url = Field(
        description="Where to: https://…; fhir: its base; oru: mllp://host:port, mllps:// with TLS.",
        examples=["https://lis.example/epihub"],
    )
    secret: Secret | None = Field(
        default=None,
        description="webhook: key of its signatures, whsec_ and base64 of 24 to 64 bytes.",
        examples=[{"file": "secrets/webhook"}],
    )
    secret_before: Secret | None = Field(
        default=None,
        description="webhook: while the secret is exchanged, the old one; both sign.",
        examples=[{"file": "secrets/webhook-before"}],
    )
    token: Secret | None = Field(
        default=None,
        description="fhir: its token (Authorization: Bearer …).",
        examples=[{"file": "secrets/fhir-token"}],
    )
    receiving_application: Word | None = Field(default=None, description="oru: MSH-5.", examples=["LIS"])
    receiving_facility: Word | None = Field(default=None, description="oru: MSH-6.", examples=["BVTN"])
    types: tuple[TypePattern, ...] = Field(
        default=(),
        max_length=MOST_PATTERNS,
        description="Which event types, with * and ?; all if left out.",
        examples=[["lab.*", "alarm.v1"]],
    )
    sites: tuple[Id, ...] = Field(
        default=(),
        max_length=1000,
        description="Of which sites; all if left out.",
        examples=[["bv-thong-nhat"]],
    )
    begin: Literal["now", "log"] = Field(
        default="now", description="Where one that is new begins: now, or with all that the log still has."
    )
    private: Flag = Field(
        default=False,
        description="Yes: it may be on this machine or in a private network (oru: it always may).",
    )
    plain: Flag = Field(default=False, description="Yes: off loopback without TLS.")
    ca_file: File | None = Field(
        default=None,
        description="Who signed the certificate of https:// (PEM); the system's list if left out.",
        examples=["tls/ca.pem"],
    )
    timeout_seconds: float = Field(default=10, ge=1, le=60, description="How long it may take to answer.")
    at_once: int = Field(
        default=8, strict=True, ge=1, le=64, description="Most requests side by side; one subject has one."
    )

    @property
    def leaves_open(self) -> bool:
        """Whether events leave this machine without TLS."""
        return self.url.startswith(("http:", "mllp:")) and not is_loopback(urlsplit(self.url).hostname or "")


def mistake_of(secret: Secret) -> str:
    """Why no signature can be made of it; empty: one can."""
    try:
        secret_bytes(secret.reveal())
    except ValueError as error:
        return str(error)
    return ""
