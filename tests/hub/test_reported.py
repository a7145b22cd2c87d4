"""What is reported is held to its bounds wherever it is decoded, and every fact has one name."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.events import encode_data
from hub.payloads import BY_TYPE
from hub.reported import REPORTED, Reported, SpecimenRegistered, StockMoved
from tests.documents.test_events import section


def example(kind: type[Reported]) -> dict[str, object]:
    return dict(json.loads(section(kind.TYPE).split("```json data\n")[1].split("```")[0]))


def decoded(kind: type[Reported], /, **changed: object) -> Reported:
    return msgspec.json.decode(json.dumps(example(kind) | changed), type=kind)


@pytest.mark.parametrize("kind", REPORTED)
def test_a_fact_is_named_by_its_key_alone(kind: type[Reported]) -> None:
    whole = example(kind)
    payload = decoded(kind)
    assert payload.subject == "|".join(str(whole[name]) for name in kind.KEY)
    assert decoded(kind, actor="k-1", origin="manual").subject == payload.subject


@pytest.mark.parametrize("kind", REPORTED)
def test_no_key_holds_what_parts_keys(kind: type[Reported]) -> None:
    for name in kind.KEY:
        if isinstance(example(kind)[name], str) and name != "kind":
            with pytest.raises(msgspec.ValidationError):
                decoded(kind, **{name: "a|b"})


@pytest.mark.parametrize("kind", REPORTED)
@pytest.mark.parametrize("day", ["2021-02-30", "05/08/2021", "2021-08-05\n", "20210805", "1021-08-05"])
def test_a_day_that_no_calendar_has_is_none(kind: type[Reported], day: str) -> None:
    for name in kind.DAYS:
        with pytest.raises(msgspec.ValidationError):
            decoded(kind, **{name: day})


@pytest.mark.parametrize("moment", ["2021-08-05T01:20:00", "2021-08-05", "2021-08-05T25:20:00Z", "now"])
@pytest.mark.parametrize("kind", REPORTED)
def test_a_moment_has_its_zone(kind: type[Reported], moment: str) -> None:
    for name in kind.MOMENTS:
        with pytest.raises(msgspec.ValidationError):
            decoded(kind, **{name: moment})


@pytest.mark.parametrize("collected", ["2021-02-30", "2021-08-05T01:20:00", "2021-08-05T25:00:00Z"])
def test_a_specimen_was_collected_on_a_day_or_at_a_moment(collected: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        decoded(SpecimenRegistered, collected=collected)


@pytest.mark.parametrize("doses", [-1, 10_000_001, 2**70, 1.5, "3", True])
def test_doses_are_counted(doses: object) -> None:
    with pytest.raises(msgspec.ValidationError):
        decoded(StockMoved, doses=doses)


@given(st.sampled_from(REPORTED), st.data())
def test_what_decodes_says_the_same_again(kind: type[Reported], data: st.DataObject) -> None:
    field = data.draw(st.sampled_from([one.name for one in msgspec.structs.fields(kind)]))
    try:
        payload = decoded(kind, **{field: data.draw(st.text() | st.integers() | st.none())})
    except msgspec.ValidationError:
        return
    again = msgspec.json.decode(encode_data(payload), type=BY_TYPE[kind.TYPE])
    assert again == payload
    assert len(payload.subject) < 400
