"""A list of people as a file: everybody on it is found, nobody else, and nothing of a damaged one is used."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.people.list_file import (
    BadList,
    Draft,
    all_of,
    body_head,
    head_of,
    opened,
    records_of,
    write_list,
)
from hub.people.records import NAME_BYTES, RECORD_BYTES, Doses, body_of, doses_of, name_of, stored, told
from hub.people.shelves import NAMES_A_SHELF
from hub.pseudonyms import KeyedPseudonyms

names = st.binary(min_size=NAME_BYTES, max_size=NAME_BYTES)
entries = st.dictionaries(names, st.integers(0, 2**32 - 1), max_size=50)


def written(path: Path, held: dict[bytes, int]) -> Path:
    body = body_of(held)
    write_list(path, body_head(body, 1), [body[:30], body[30:]])
    return path


@given(held=entries, others=st.lists(names, max_size=20))
def test_everybody_on_it_is_found_and_nobody_else(
    tmp_path_factory: pytest.TempPathFactory, held: dict[bytes, int], others: list[bytes]
) -> None:
    path = written(tmp_path_factory.mktemp("list") / "watch.people", held)
    file = opened(path)
    assert {name: file.find(name) for name in [*held, *others]} == {
        name: held.get(name) for name in [*held, *others]
    }
    file.close()
    assert dict(all_of(path)) == held
    assert b"".join(records_of(path, 7, head_of(path).version)) == body_of(held)


@pytest.mark.parametrize("count", [NAMES_A_SHELF - 1, NAMES_A_SHELF, 5000])
@pytest.mark.parametrize("spread", [1, 256**14])
def test_shelves_hold_whatever_the_names_are(tmp_path: Path, count: int, spread: int) -> None:
    """Evenly spread or all alike: the second is slow, not wrong."""
    held = {(number * spread * 13).to_bytes(NAME_BYTES, "big"): number for number in range(count)}
    file = opened(written(tmp_path / "doses.people", held))
    assert all(file.find(name) == number for name, number in held.items())
    between = [(number * spread * 13 + 1).to_bytes(NAME_BYTES, "big") for number in range(count)]
    assert not any(name not in held and file.find(name) is not None for name in [*between, b"\xff" * 16])
    file.close()


def test_a_name_across_two_records_is_nobody(tmp_path: Path) -> None:
    held = {bytes(16): 0, bytes(15) + b"\x01": 0, b"\xff" * 16: 0}
    file = opened(written(tmp_path / "watch.people", held))
    assert file.find(bytes(14) + b"\x01\x00") is None
    assert [file.find(name) for name in held] == [0, 0, 0]
    file.close()


def _cut(raw: bytes) -> bytes:
    return raw[:-1]


def _longer(raw: bytes) -> bytes:
    return raw + b"\0"


def _other_value(raw: bytes) -> bytes:
    return raw[:-1] + bytes([raw[-1] ^ 1])


def _swapped(raw: bytes) -> bytes:
    return raw[: -2 * RECORD_BYTES] + raw[-RECORD_BYTES:] + raw[-2 * RECORD_BYTES : -RECORD_BYTES]


def _twice(raw: bytes) -> bytes:
    return raw[:-RECORD_BYTES] + raw[-2 * RECORD_BYTES : -RECORD_BYTES]


def _no_head(raw: bytes) -> bytes:
    return raw.split(b"\n", 1)[1]


@pytest.mark.parametrize("damage", [_cut, _longer, _other_value, _swapped, _twice, _no_head, lambda _: b""])
def test_nothing_of_a_damaged_file_is_used(tmp_path: Path, damage: object) -> None:
    path = written(tmp_path / "watch.people", {os.urandom(16): 1 for _ in range(10)})
    assert callable(damage)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(BadList):
        opened(path)


def test_a_file_out_of_order_is_refused_though_its_digest_is_right(tmp_path: Path) -> None:
    body = b"\x02" * RECORD_BYTES + b"\x01" * RECORD_BYTES
    write_list(tmp_path / "watch.people", body_head(body, 1), [body])
    with pytest.raises(BadList, match="order"):
        opened(tmp_path / "watch.people")


def test_an_open_list_stands_while_another_takes_its_place(tmp_path: Path) -> None:
    path = written(tmp_path / "watch.people", {b"a" * 16: 1})
    file = opened(path)
    written(path, {b"b" * 16: 1})
    assert (file.find(b"a" * 16), file.find(b"b" * 16)) == (1, None)
    file.close()
    again = opened(path)
    assert (again.find(b"a" * 16), again.find(b"b" * 16)) == (None, 1)
    again.close()


def test_a_draft_that_is_given_up_leaves_nothing_and_is_private(tmp_path: Path) -> None:
    path = written(tmp_path / "lists" / "watch.people", {b"a" * 16: 1})
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    draft = Draft(path, head_of(path))
    draft.write(b"half")
    draft.drop()
    assert sorted(each.name for each in path.parent.iterdir()) == ["watch.people"]
    assert head_of(path).count == 1


def test_names_of_persons_and_of_nothing_else() -> None:
    strong, weak = (KeyedPseudonyms(b"k" * 32, weak=weak) for weak in (False, True))
    assert name_of(strong.person("vnid", "1")) == name_of(weak.person("vnid", "1")), "the key counts"
    assert len(name_of(strong.person("vnid", "1")) or b"") == NAME_BYTES
    assert [name_of(each) for each in ("", "v-01234567:" + "0" * 32, "p-01234567:0", "075199001234")] == [
        None
    ] * 4


@given(doses=st.integers(1, 255), day=st.integers(0, 0xFFFF), ms=st.integers(0, 86_399_999))
def test_doses_go_into_a_record_and_back(doses: int, day: int, ms: int) -> None:
    packed = Doses(doses, day * 86_400_000 + ms).packed
    assert doses_of(told("doses", stored("doses", packed))) == (doses, day * 86_400_000)


@given(at_ms=st.integers(0, 2**32 * 1000 - 1))
def test_times_are_kept_to_the_second(at_ms: int) -> None:
    assert told("positive", stored("positive", at_ms)) == at_ms // 1000 * 1000


@pytest.mark.parametrize(("name", "value"), [("positive", -1), ("declared", 2**32 * 1000), ("doses", 2**32)])
def test_what_no_record_can_hold_is_refused(name: str, value: int) -> None:
    with pytest.raises(ValueError, match="range"):
        stored(name, value)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="range"):
        _ = Doses(0, 0).packed
