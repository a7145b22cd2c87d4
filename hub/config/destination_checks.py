"""What the keys of a ``[[destination]]`` need of each other, and of the other destinations."""

from collections.abc import Iterator

from hub.config.draft import Draft
from hub.config.feeding import MOST_DESTINATIONS, Destination, mistake_of

# Under another kind they would be ignored.
OWN_KEYS = {
    "webhook": ("secret", "secret_before"),
    "fhir": ("token",),
    "oru": ("receiving_application", "receiving_facility"),
}


def check_destinations(draft: Draft) -> None:
    """Note every mistake."""
    entries = draft.entries("destination")
    if len(entries) > MOST_DESTINATIONS:
        draft.wrong(("destination",), f"more than {MOST_DESTINATIONS} entries")
    first: dict[str, int] = {}
    for n, entry in enumerate(entries):
        name = entry.get("name")
        if isinstance(name, str) and first.setdefault(name, n) != n:
            draft.wrong(("destination", n, "name"), "already used", ("destination", first[name], "name"))
        if destination := draft.part(Destination, "destination", n):
            for key, text in _mistakes(destination):
                draft.wrong(("destination", n, key), text)


def _mistakes(destination: Destination) -> Iterator[tuple[str, str]]:
    yield from _of_kind(destination)
    for key, secret in (("secret", destination.secret), ("secret_before", destination.secret_before)):
        if secret and (text := mistake_of(secret)):
            yield key, text
    if destination.leaves_open and not destination.plain:
        yield "url", "off loopback without TLS: use https:// or mllps://, or plain = true"
    if destination.ca_file and destination.url.startswith(("http:", "mllp:")):
        yield "ca_file", "is for TLS"


def _of_kind(destination: Destination) -> Iterator[tuple[str, str]]:
    kind = destination.kind
    given = {key for key, value in destination if value is not None}
    for other in OWN_KEYS.keys() - {kind}:
        for key in OWN_KEYS[other]:
            if key in given:
                yield key, f"is not for kind {kind}"
    if kind == "webhook" and destination.secret is None:
        yield "secret", "missing: kind webhook needs it"
    if destination.url.startswith("mllp") != (kind == "oru"):
        yield "url", "mllp:// and mllps:// are for kind oru, https:// for the others"
