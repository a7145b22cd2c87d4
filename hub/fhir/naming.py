"""Ids and identifiers of resources: the same fact has the same id, so that PUT is an update, never a copy.

``DerivedIds`` are for other servers: UUIDs (RFC 9562, version 5) of the hub's name and our own name of the
thing, which no second hub makes. ``LocalIds`` are for our own read-only server, which finds things by them.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Protocol
from uuid import UUID, uuid5

from hub.fhir.datatypes import Identifier, Reference, words

NAMESPACE = UUID("6f1b9d0e-52c4-5d7b-9a43-0d2f5c1e7a90")
LONGEST_NAME = 200


class Ids(Protocol):
    """``of`` gives a resource's id, ``refer`` how others name it."""

    def of(self, kind: str, name: str) -> str: ...

    def refer(self, kind: str, name: str) -> Reference: ...


class DerivedIds:
    """For a bundle: references are ``urn:uuid:…``, which the receiving server resolves within it."""

    def __init__(self, hub: str) -> None:
        self._of_hub = uuid5(NAMESPACE, hub)

    def of(self, kind: str, name: str) -> str:
        return str(uuid5(self._of_hub, f"{kind}/{name}"))

    def refer(self, kind: str, name: str) -> Reference:
        return Reference(reference=f"urn:uuid:{self.of(kind, name)}")


class LocalIds:
    """The name itself in base64url, ``.`` for ``_``: FHIR allows letters, digits, ``-`` and ``.`` (Id)."""

    def of(self, kind: str, name: str) -> str:
        return urlsafe_b64encode(name.encode()).decode().rstrip("=").replace("_", ".")

    def refer(self, kind: str, name: str) -> Reference:
        return Reference(reference=f"{kind}/{self.of(kind, name)}")


def local_name(told: str) -> str | None:
    """The name that a local id stands for; None: it is none of ours."""
    try:
        return urlsafe_b64decode(told.replace(".", "_") + "=" * (-len(told) % 4)).decode()
    except ValueError:
        return None


def identifier(kind: str, value: str) -> Identifier:
    """Of our own naming systems, ``urn:epihub:<kind>``."""
    return Identifier(system=f"urn:epihub:{kind}", value=(words(value) or "unknown")[:LONGEST_NAME].rstrip())
