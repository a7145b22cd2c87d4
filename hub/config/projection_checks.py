"""What the keys of a ``[[projection]]`` need of each other, and of the other projections."""

from collections.abc import Iterator
from importlib.util import find_spec

from hub.config.draft import Draft
from hub.config.projecting import MOST_PROJECTIONS, Projection

# Keys of the one dialect; under the other they would be ignored.
V2, V1 = ("org", "bucket"), ("database", "retention_policy")
EXTRA = "needs the extra influx: pip install 'epihub[influx]'"
NEEDED = {"v2": "bucket", "v1": "database"}


def check_projections(draft: Draft) -> None:
    """Note every mistake; a table that is wrong in itself is left out."""
    entries = draft.entries("projection")
    if len(entries) > MOST_PROJECTIONS:
        draft.wrong(("projection",), f"more than {MOST_PROJECTIONS} entries")
    first: dict[str, int] = {}
    for n, entry in enumerate(entries):
        name = entry.get("name")
        if isinstance(name, str) and first.setdefault(name, n) != n:
            draft.wrong(("projection", n, "name"), "already used", ("projection", first[name], "name"))
        if find_spec("influxdb_client") is None:
            draft.wrong(("projection", n, "kind"), EXTRA)
        projection = draft.part(Projection, "projection", n)
        if projection:
            for key, text in _mistakes(projection):
                draft.wrong(("projection", n, key), text)


def _mistakes(projection: Projection) -> Iterator[tuple[str, str]]:
    given = {key for key, value in projection if value is not None}
    for key in V1 if projection.dialect == "v2" else V2:
        if key in given:
            yield key, f"is not for dialect {projection.dialect}"
    if (needed := NEEDED[projection.dialect]) not in given:
        yield needed, f"missing: dialect {projection.dialect} needs it"
    yield from _who(given)
    token = projection.token.reveal() if projection.token else ""
    if not (token.isascii() and token.isprintable()):
        yield "token", "has characters that cannot stand in a header"
    yield from _where(projection)


def _who(given: set[str]) -> Iterator[tuple[str, str]]:
    if {"token", "password"} <= given:
        yield "token", "one of the two: token, or user name and password"
    if ("username" in given) != ("password" in given):
        lacking = "password" if "username" in given else "username"
        yield lacking, "missing: user name and password belong together"


def _where(projection: Projection) -> Iterator[tuple[str, str]]:
    for key in () if projection.plain else projection.leaves_open():
        yield key, "off loopback without TLS: use https://, or plain = true"
    if projection.read_url and projection.read == "none":
        yield "read_url", "nothing is read back: see the key read"
    secure = f"{projection.url} {projection.read_url or ''}"
    if projection.ca_file and "https:" not in secure:
        yield "ca_file", "is for https://"
