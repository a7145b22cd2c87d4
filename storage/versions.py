"""Which version of a laboratory fact is current: a pure rule, shared by both dialects.

Versions are ordered by place: the edge's epoch as the hub first saw it, then seq; never by arrival
(design 3). A superseding version takes the place of the one it supersedes (design 4), which then
is no longer a candidate. In that order each version replaces the one before it, but a preliminary
result (P) never hides a final or corrected one (F, C).
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

FINAL = frozenset("FC")
PRELIMINARY = "P"
# Honest chains are as long as there were replays; forged ids could make a chain endless.
LONGEST_CHAIN = 1000

Place = tuple[int, int]


class Version(NamedTuple):
    """One stored version; ``fact`` names (source, subject), ``supersedes`` is empty when it replaces none."""

    number: int
    id: bytes
    fact: int
    edge: str
    epoch: int
    seq: int
    status: str
    supersedes: bytes = b""

    @property
    def own_place(self) -> Place:
        return self.epoch, self.seq


def place_of(version: Version, family: Mapping[bytes, Version]) -> Place:
    """The place a version takes: that of the oldest one in its chain of superseded versions."""
    return _chain(version, family)[-1].own_place


def in_order(versions: Iterable[Version], family: Mapping[bytes, Version]) -> list[Version]:
    """By place; in one place a superseding version comes after the one it supersedes."""
    return sorted(versions, key=lambda version: _rank(version, family))


def current(members: Iterable[Version], family: Mapping[bytes, Version]) -> Version | None:
    """The version of a fact that lists show; None when all were superseded by another fact.

    ``members`` are the versions of one fact; ``family`` holds them and every version that one of
    them supersedes or is superseded by, directly or through others.
    """
    replaced = {older.id for version in family.values() if (older := _superseded(version, family))}
    chosen: Version | None = None
    for version in in_order(members, family):
        if version.id in replaced:
            continue
        hides_final = chosen is not None and chosen.status in FINAL and version.status == PRELIMINARY
        chosen = chosen if hides_final else version
    return chosen


def members(family: Mapping[bytes, Version], fact: int) -> list[Version]:
    """Those of a family that are versions of ``fact`` itself."""
    return [version for version in family.values() if version.fact == fact]


def shown(family: Mapping[bytes, Version], fact: int) -> list[Version]:
    """The versions of a fact, and those of other facts that they supersede."""
    found = {version.id: version for version in members(family, fact)}
    waiting = list(found.values())
    while waiting:
        older = family.get(waiting.pop().supersedes)
        if older is not None and older.id not in found:
            found[older.id] = older
            waiting.append(older)
    return list(found.values())


def _superseded(version: Version, family: Mapping[bytes, Version]) -> Version | None:
    older = family.get(version.supersedes)
    # An edge may replace its own events only.
    return older if older is not None and older.edge == version.edge and older is not version else None


def _chain(version: Version, family: Mapping[bytes, Version]) -> list[Version]:
    chain = [version]
    seen = {version.id}
    while (older := _superseded(chain[-1], family)) and older.id not in seen and len(chain) < LONGEST_CHAIN:
        chain.append(older)
        seen.add(older.id)
    return chain


def _rank(version: Version, family: Mapping[bytes, Version]) -> tuple[Place, int, Place, bytes]:
    chain = _chain(version, family)
    return chain[-1].own_place, len(chain), version.own_place, version.id
