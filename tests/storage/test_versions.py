"""The rule of current versions: the same for any order of arrival, and never in a loop."""

from hypothesis import given
from hypothesis import strategies as st

from storage.versions import Version, current, in_order, place_of


@st.composite
def families(draw: st.DrawFn) -> list[Version]:
    """Versions of two facts at distinct places; each may supersede any earlier one."""
    count = draw(st.integers(1, 8))
    versions: list[Version] = []
    for number in range(count):
        older = draw(st.sampled_from([b"", *(version.id for version in versions)]))
        fact, status = draw(st.integers(1, 2)), draw(st.sampled_from("PFCXD"))
        versions.append(Version(number, b"id%d" % number, fact, "edge-1", 1, number, status, older))
    return versions


def by_id(versions: list[Version]) -> dict[bytes, Version]:
    return {version.id: version for version in versions}


@given(families(), st.randoms(use_true_random=False))
def test_arrival_does_not_matter(versions: list[Version], random: object) -> None:
    members = [version for version in versions if version.fact == 1]
    shuffled = list(members)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert current(shuffled, by_id(versions)) == current(members, by_id(versions))
    assert in_order(shuffled, by_id(versions)) == in_order(members, by_id(versions))


@given(families())
def test_what_was_superseded_is_never_current(versions: list[Version]) -> None:
    replaced = {version.supersedes for version in versions}
    for fact in (1, 2):
        members = [version for version in versions if version.fact == fact]
        chosen = current(members, by_id(versions))
        assert (chosen is None) == all(version.id in replaced for version in members)
        assert chosen is None or chosen.id not in replaced


@given(families())
def test_a_chain_has_one_place(versions: list[Version]) -> None:
    family = by_id(versions)
    for version in versions:
        older = family.get(version.supersedes)
        assert place_of(version, family) == (place_of(older, family) if older else version.own_place)


@given(families())
def test_a_preliminary_one_is_current_only_without_a_final_one_before_it(versions: list[Version]) -> None:
    family = by_id([version._replace(supersedes=b"", fact=1) for version in versions])
    chosen = current(family.values(), family)
    assert chosen is not None
    if chosen.status == "P":
        earlier = [version for version in family.values() if version.seq < chosen.seq]
        decided = [version for version in earlier if version.status != "P"]
        assert not decided or decided[-1].status in "XD"


def test_a_ring_of_forged_ids_ends() -> None:
    ring = [Version(n, b"id%d" % n, 1, "edge-1", 1, n, "F", b"id%d" % ((n + 1) % 3)) for n in range(3)]
    assert current(ring, by_id(ring)) is None
    assert len(in_order(ring, by_id(ring))) == 3
    alone = Version(1, b"id", 1, "edge-1", 1, 1, "F", b"id")
    assert current([alone], by_id([alone])) == alone


def test_an_edge_replaces_its_own_versions_only() -> None:
    mine = Version(1, b"mine", 1, "edge-1", 1, 1, "F")
    theirs = Version(2, b"theirs", 2, "edge-2", 2, 1, "F", b"mine")
    assert current([mine], by_id([mine, theirs])) == mine
    assert place_of(theirs, by_id([mine, theirs])) == (2, 1)
