"""Event ids: made of what an event says, and of nothing else."""

from uuid import RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.identity import event_id, id_bytes, id_text

INPUTS = {
    "time_ms": 1_790_000_000_000,
    "device": "pcr-1",
    "event_type": "lab.result.v1",
    "key": "S1/94500-6/1",
    "data": b'{"call":"POS"}',
    "supersedes": "",
}


def _id(**changes: object) -> str:
    return event_id(**(INPUTS | changes))  # type: ignore[arg-type]


def test_golden_values() -> None:
    """Stores recognise a resend by them: a change here stores everything twice."""
    assert _id() == "01a0c450-6c00-8751-9be0-cda872c935b7"
    assert _id(time_ms=0, supersedes="x") == "00000000-0000-87cc-84b9-400667b54605"


@given(st.integers(0, (1 << 48) - 1), st.text(max_size=20), st.binary(max_size=50))
def test_is_a_uuid_of_version_8_with_the_time_in_front(time_ms: int, key: str, data: bytes) -> None:
    value = UUID(_id(time_ms=time_ms, key=key, data=data))
    assert (value.version, value.variant) == (8, RFC_4122)
    assert value.int >> 80 == time_ms
    assert id_text(id_bytes(str(value))) == str(value)


@pytest.mark.parametrize(
    "changes",
    [
        {"time_ms": 1_790_000_000_001},
        {"device": "pcr-2"},
        {"event_type": "lab.result.v2"},
        {"key": "S1/94500-6/2"},
        {"data": b'{"call":"NEG"}'},
        {"supersedes": "01a0c4ea-2c00-8000-8000-000000000000"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_differs_in_each_input(changes: dict[str, object]) -> None:
    assert _id(**changes) != _id()


def test_what_ends_one_input_does_not_begin_the_next() -> None:
    assert _id(device="a", event_type="bc") != _id(device="ab", event_type="c")
    assert _id(key="k", data=b"\nd") != _id(key="k\n", data=b"d")
    assert _id(key="k", supersedes="") != _id(key="", supersedes="k")


@pytest.mark.parametrize("text", ["", "x", "0" * 31, "0" * 33, "zz" * 16])
def test_other_texts_are_no_ids(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        id_bytes(text)
