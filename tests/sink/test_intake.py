"""What a message of the bus becomes: an arrival, or poison with a reason; in both cases it counts."""

import re
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.events import number_body
from hub.mqtt.connection import Incoming
from hub.payloads import Alarm, Skipped
from hub.sink.intake import Intake
from hub.sink.watermarks import Told, Watermarks
from hub.wire import encode_json
from storage.contract import Hole
from tests.sink.arrivals import EDGE, EPOCH, id_of, message, reading, skip

OTHER = "f" * 16


def taken(*messages: Incoming) -> tuple[Intake, list[Told]]:
    intake, marks = Intake(), Watermarks()
    for each in messages:
        intake.take(each, marks)
    return intake, marks.touched()


def changed(number: int, seq: int, change: Callable[[bytes], bytes]) -> Incoming:
    good = message(reading(number), seq)
    return Incoming(good.topic, change(good.payload), seq, False, False)


def test_good_event_is_an_arrival_and_counts() -> None:
    intake, told = taken(message(reading(1), 1))
    (arrival,) = intake.arrivals
    assert arrival.event.id == id_of(1)
    assert told == [Told(EDGE, EPOCH, 1, id_of(1))]


def test_event_of_an_unknown_type_is_kept() -> None:
    other = changed(1, 1, lambda body: body.replace(b"coldchain.reading.v1", b"coldchain.reading.v9"))
    intake, told = taken(other)
    assert intake.arrivals[0].payload is None
    assert told[0].seq == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda body: body.replace(b'"specversion"', b'"specversion'), "event.undecodable"),
        (lambda body: body.replace(b'"metric":"temperature"', b'"metric":7'), "event.bad_data"),
        (lambda body: body.replace(b'"site":"lab"', b'"site":"L A B"'), "event.bad_level"),
        (lambda body: body.replace(b'"edge":"edge-1"', b'"edge":"edge-2"'), "event.wrong_edge"),
        (lambda body: b"\xff" + body[1:], "event.undecodable"),
    ],
)
def test_poison_moves_the_watermark(change: Callable[[bytes], bytes], reason: str) -> None:
    poison = changed(1, 1, change)
    intake, told = taken(poison, message(reading(2), 2))
    (kept,) = intake.poison
    assert kept.reason.startswith(reason)
    assert (kept.edge, kept.body) == (EDGE, poison.payload)
    assert told == [Told(EDGE, EPOCH, 2, id_of(2))]


def test_poison_is_receipted_under_the_id_that_can_be_read() -> None:
    _, told = taken(changed(1, 1, lambda body: body.replace(b'"metric":"temperature"', b'"metric":7')))
    assert told == [Told(EDGE, EPOCH, 1, id_of(1))]
    _, told = taken(changed(1, 1, lambda body: body.replace(id_of(1).encode(), b"\xff" * 36)))
    assert told == [Told(EDGE, EPOCH, 1, "")]


@pytest.mark.parametrize("epoch", ["x", "E" * 16, EPOCH + "\\n", "'; --"])
def test_epoch_that_is_none_is_poison_and_makes_no_mark(epoch: str) -> None:
    intake, told = taken(message(reading(1), 1, epoch))
    assert [each.reason for each in intake.poison] == ["event.bad_numbering"]
    assert told == []


@pytest.mark.parametrize("seq", [-1, 1 << 31, 9_999_999_999, 1 << 63])
def test_seq_beyond_all_bounds_is_poison_and_makes_no_mark(seq: int) -> None:
    intake, told = taken(message(reading(1), seq))
    assert len(intake.poison) == 1
    assert told == []


def test_edge_that_is_no_name_gets_no_receipt() -> None:
    good = message(reading(1), 1)
    topic = good.topic.replace("/edge-1/", "/Edge 1/")
    intake, told = taken(Incoming(topic, good.payload, 1, False, False))
    assert [each.reason for each in intake.poison] == ["event.bad_edge"]
    assert told == []


def test_hubs_own_events_are_passed_over() -> None:
    good = message(reading(1), 1)
    intake, told = taken(Incoming(good.topic.replace("/edge-1/", "/hub/"), good.payload, 1, False, False))
    assert intake == Intake()
    assert told == []


def test_numbered_declaration_stands_for_its_range() -> None:
    intake, (told,) = taken(skip(2, 5, 5), message(reading(1), 1))
    assert (told.seq, told.want) == (5, None)
    assert intake.holes == [Hole(EDGE, EPOCH, 2, 5, "bus")]
    assert len(intake.arrivals) == 2
    assert intake.born == []


@pytest.mark.parametrize("said", [EPOCH, OTHER])
def test_declaration_that_was_numbered_anew_covers_nothing_else(said: str) -> None:
    """Else the rows between, which are on their way, would be receipted without being there."""
    intake, (told,) = taken(skip(3, 3, 9, said=said))
    assert (told.seq, told.want) == (0, (1, 8))
    assert intake.holes == [Hole(EDGE, EPOCH, 9, 9, "bus")]


def test_pruned_rows_are_a_hole_with_an_alarm_outside_the_numbering() -> None:
    intake, (told,) = taken(skip(1, 7, 0, reason="pruned"))
    assert (told.epoch, told.seq, told.id) == (EPOCH, 7, "")
    assert intake.holes == [Hole(EDGE, EPOCH, 1, 7, "pruned")]
    alarm, *_ = intake.born
    assert isinstance(alarm.payload, Alarm)
    assert (alarm.event.edge, alarm.payload.kind, alarm.payload.subject) == ("hub", "hub.hole", EDGE)
    again, _ = taken(skip(1, 7, 0, reason="pruned"))
    assert again.born[0].event.id == alarm.event.id, "told twice is one alarm"


@pytest.mark.parametrize(("first", "last"), [(0, 4), (5, 4), (-3, 4), (1, 1 << 31), (1, 1 << 70)], ids=str)
def test_declaration_of_no_range_is_poison_that_counts(first: int, last: int) -> None:
    body = skip(1, 4, 4).payload
    body = re.sub(rb'"from":1,"to":4', b'"from":%d,"to":%d' % (first, last), body)
    intake, told = taken(Incoming(skip(1, 4, 4).topic, body, 1, False, False))
    assert intake.poison[0].reason in ("event.bad_skip", "event.bad_data:spool.skipped.v1")
    assert intake.holes == []
    assert [(each.seq, each.want) for each in told] == [(0, (1, 3))]


def test_hole_at_an_impossible_time_is_poison() -> None:
    body = re.sub(rb'"time":"[^"]*"', b'"time":"soon"', skip(1, 7, 0, reason="pruned").payload)
    intake, told = taken(Incoming(skip(1, 7, 0).topic, body, 1, False, False))
    assert [each.reason for each in intake.poison] == ["event.bad_time"]
    assert (intake.holes, intake.born, told) == ([], [], [])


@given(st.binary(max_size=300), st.booleans())
def test_no_bytes_of_anybody_stop_the_intake(body: bytes, numbered: bool) -> None:
    if numbered:
        body = number_body(body + b"}", EPOCH, 1)
    intake, told = taken(Incoming(message(reading(1), 1).topic, body, 1, False, False))
    assert len(intake.poison) == 1
    assert len(told) == numbered


@given(
    st.fixed_dictionaries(
        {
            "from": st.one_of(st.integers(), st.none(), st.text(max_size=3)),
            "to": st.integers(),
            "class": st.text(max_size=3),
            "reason": st.sampled_from(["pruned", "bus"]),
            "count": st.integers(),
            "epoch": st.one_of(st.text(max_size=20), st.just(EPOCH)),
        }
    )
)
def test_no_declaration_of_anybody_stops_the_intake(data: dict[str, object]) -> None:
    body = skip(1, 1, 0).payload
    begin, end = body.index(b'"data":{') + 7, body.index(b"}", body.index(b'"data":{')) + 1
    body = body[:begin] + encode_json(data) + body[end:]
    intake, _ = taken(Incoming(skip(1, 1, 0).topic, body, 1, False, False))
    assert len(intake.poison) + len(intake.arrivals) == 1


def test_declaration_names_are_those_of_the_design() -> None:
    told = msgspec.to_builtins(Skipped(1, 2, "c", "r", 2, EPOCH))
    assert told == {"from": 1, "to": 2, "class": "c", "reason": "r", "count": 2, "epoch": EPOCH}
