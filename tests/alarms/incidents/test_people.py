"""What people do with incidents, the states that come of it, and what is refused."""

from dataclasses import replace

import pytest

from hub.alarms.incidents.actions import (
    LONGEST_NOTE,
    Acknowledge,
    Action,
    Assign,
    Check,
    Comment,
    Dispose,
    Escalate,
    Notify,
    PutBack,
    RefusedAction,
    Release,
    Shelve,
    Suppress,
    TakeOut,
    Unshelve,
)
from hub.alarms.incidents.book import Book
from hub.alarms.incidents.states import HIDES, UNCOVERED, Kind, State
from tests.alarms.incidents.made import FREEZE, FRIDGE, MINUTE, SITE, assess, episode, kinds, only

NURSE = "3fb1c2aa"
COLD = episode(0, rule=FREEZE, severity="critical", worst=-700)


@pytest.fixture
def book() -> Book:
    """With one HEAT alarm."""
    book = Book()
    assess(book, 60, episode(0))
    return book


@pytest.fixture
def freezing() -> Book:
    """With one FRZE alarm, which latches."""
    book = Book()
    assess(book, 60, COLD, rule=FREEZE)
    return book


def act(book: Book, action: Action, minute: int = 100) -> list[str]:
    return kinds(book.act(next(iter(book.incidents)), action, minute * MINUTE))


def state(book: Book) -> State:
    return book.state(only(book))


def refused(book: Book, action: Action, minute: int = 100) -> str:
    head = book.head
    with pytest.raises(RefusedAction) as error:
        act(book, action, minute)
    assert book.head == head
    return error.value.code


def shelve(minutes: int, note: str = "rã đông") -> Shelve:
    return Shelve(NURSE, note, (100 + minutes) * MINUTE)


def test_every_combination_has_a_state_and_every_cover_a_place() -> None:
    assert len(UNCOVERED) == 8
    assert set(UNCOVERED.values()) | {cover for cover, _ in HIDES} == set(State)


def test_acknowledged_then_returned_is_closed(book: Book) -> None:
    assert act(book, Acknowledge(NURSE)) == ["ACKED"]
    assert state(book) is State.ACK
    assert assess(book, 110, episode(0, 110)) == ["RETURNED", "CLOSED"]
    assert state(book) is State.CLOSED


def test_returned_then_acknowledged_is_closed(book: Book) -> None:
    assess(book, 110, episode(0, 110))
    assert state(book) is State.RTN_UNACK
    assert act(book, Acknowledge(NURSE)) == ["ACKED", "CLOSED"]


def test_what_gets_worse_wants_to_be_seen_again(book: Book) -> None:
    act(book, Acknowledge(NURSE))
    act(book, shelve(600))
    assess(book, 240, episode(0, severity="critical"))
    assert state(book) is State.UNACK


def test_what_is_revised_and_not_worse_stays_acknowledged(book: Book) -> None:
    act(book, Acknowledge(NURSE))
    assess(book, 110, episode(-5))
    assert state(book) is State.ACK


def test_a_closed_one_that_goes_on_after_all_is_open_again(book: Book) -> None:
    act(book, Acknowledge(NURSE))
    assess(book, 110, episode(0, 110))
    assert assess(book, 200, episode(0)) == ["EXTENDED"]
    assert state(book) is State.UNACK


def test_a_closed_one_whose_bounds_move_stays_closed(book: Book) -> None:
    act(book, Acknowledge(NURSE))
    assess(book, 110, episode(0, 110))
    assert assess(book, 200, episode(0, 150)) == ["EXTENDED"]
    assert state(book) is State.CLOSED


def test_a_latching_one_waits_for_a_disposition(freezing: Book) -> None:
    act(freezing, Acknowledge(NURSE))
    assess(freezing, 110, replace(COLD, cleared_at_ms=110 * MINUTE), rule=FREEZE)
    assert state(freezing) is State.LATCHED
    assert act(freezing, Dispose(NURSE, decision="discard")) == ["DISPOSITION", "CLOSED"]
    assert only(freezing).disposition == "discard"


def test_a_latching_one_that_the_data_take_back_still_waits(freezing: Book) -> None:
    assert assess(freezing, 110, rule=FREEZE) == ["WITHDRAWN_BY_DATA"]
    assert state(freezing) is State.LATCHED
    assert act(freezing, Dispose(NURSE, decision="use")) == ["DISPOSITION", "CLOSED"]


def test_a_critical_one_found_too_late_waits_for_a_disposition() -> None:
    book = Book()
    assess(book, 900, episode(0, 800, severity="critical"))
    act(book, Acknowledge(NURSE))
    assert state(book) is State.LATCHED


def test_one_that_swallows_a_critical_one_found_too_late_waits_too() -> None:
    book = Book()
    assess(book, 60, episode(0))
    assess(book, 900, episode(0, 100), episode(200, 800, severity="critical"))
    assess(book, 901, episode(0, 800, severity="critical"))
    act(book, Acknowledge(NURSE))
    assert book.state(next(iter(book.incidents.values()))) is State.LATCHED


def test_to_use_what_is_still_in_danger_is_refused(freezing: Book) -> None:
    assert refused(freezing, Dispose(NURSE, decision="use")) == "alarm.use_while_active"
    assert act(freezing, Dispose(NURSE, decision="quarantine")) == ["DISPOSITION"]


def test_a_decision_to_use_falls_when_the_data_change_and_others_stand(freezing: Book) -> None:
    act(freezing, Acknowledge(NURSE))
    assess(freezing, 110, replace(COLD, cleared_at_ms=110 * MINUTE), rule=FREEZE)
    act(freezing, Dispose(NURSE, decision="use"))
    longer = replace(COLD, cleared_at_ms=130 * MINUTE)
    assert assess(freezing, 140, longer, rule=FREEZE) == ["EXTENDED"]
    assert state(freezing) is State.LATCHED
    act(freezing, Dispose(NURSE, decision="discard"))
    assess(freezing, 150, replace(longer, cleared_at_ms=140 * MINUTE), rule=FREEZE)
    assert state(freezing) is State.CLOSED


def test_a_decision_may_be_corrected_after_the_end(freezing: Book) -> None:
    act(freezing, Acknowledge(NURSE))
    assess(freezing, 110, replace(COLD, cleared_at_ms=110 * MINUTE), rule=FREEZE)
    act(freezing, Dispose(NURSE, decision="use"))
    assert act(freezing, Dispose(NURSE, decision="discard")) == ["DISPOSITION"]
    assert only(freezing).disposition == "discard"


def test_a_shelf_ends_by_itself(book: Book) -> None:
    act(book, shelve(30))
    assert state(book) is State.SHELVED
    assert book.next_tick_ms() == 130 * MINUTE
    assert book.tick(130 * MINUTE - 1) == []
    assert kinds(book.tick(130 * MINUTE)) == ["UNSHELVED"]
    assert state(book) is State.UNACK
    assert book.next_tick_ms() is None


def test_a_shelf_can_be_taken_back(book: Book) -> None:
    assert refused(book, Unshelve(NURSE)) == "alarm.not_shelved"
    act(book, shelve(30))
    assert act(book, Unshelve(NURSE)) == ["UNSHELVED"]


@pytest.mark.parametrize(
    ("minutes", "code"),
    [(0, "alarm.shelf_too_short"), (-5, "alarm.shelf_too_short"), (721, "alarm.shelf_too_long")],
)
def test_a_shelf_has_its_bounds(book: Book, minutes: int, code: str) -> None:
    assert refused(book, shelve(minutes)) == code


def test_a_shelf_of_twelve_hours_is_the_longest_and_wants_a_reason(book: Book) -> None:
    assert refused(book, shelve(720, " ")) == "alarm.no_reason"
    assert act(book, shelve(720)) == ["SHELVED"]


def test_what_latches_is_shelved_for_an_hour_at_most(freezing: Book) -> None:
    assert refused(freezing, shelve(61)) == "alarm.shelf_too_long_for_latching"
    assert act(freezing, shelve(60)) == ["SHELVED"]


def test_out_of_service_hides_what_is_open_and_no_decision_that_is_due(freezing: Book) -> None:
    freezing.act_on_device(SITE, FRIDGE, TakeOut(NURSE, "sửa"), 100 * MINUTE)
    assert state(freezing) is State.OUT_OF_SERVICE
    act(freezing, Acknowledge(NURSE))
    assess(freezing, 110, replace(COLD, cleared_at_ms=110 * MINUTE), rule=FREEZE)
    assert state(freezing) is State.LATCHED


def test_a_device_goes_out_of_service_and_back(book: Book) -> None:
    with pytest.raises(RefusedAction, match=r"alarm\.no_reason"):
        book.act_on_device(SITE, FRIDGE, TakeOut(NURSE), 100 * MINUTE)
    book.act_on_device(SITE, FRIDGE, TakeOut(NURSE, "sửa"), 100 * MINUTE)
    with pytest.raises(RefusedAction, match=r"alarm\.already_in_that_service"):
        book.act_on_device(SITE, FRIDGE, TakeOut(NURSE, "sửa"), 101 * MINUTE)
    book.act_on_device(SITE, FRIDGE, PutBack(NURSE), 102 * MINUTE)
    assert state(book) is State.UNACK
    with pytest.raises(RefusedAction, match=r"alarm\.already_in_that_service"):
        book.act_on_device(SITE, FRIDGE, PutBack(NURSE), 103 * MINUTE)


def test_a_maintenance_ends_by_itself(book: Book) -> None:
    def entered(minute: int) -> list[tuple[str, str, str]]:
        return [(entry.kind, entry.device, entry.actor) for entry in book.tick(minute * MINUTE)]

    book.act_on_device(SITE, FRIDGE, TakeOut(NURSE, "sửa", 130 * MINUTE), 100 * MINUTE)
    assert (state(book), book.next_tick_ms()) == (State.OUT_OF_SERVICE, 130 * MINUTE)
    assert entered(129) == []
    assert entered(130) == [("IN_SERVICE", FRIDGE, "")]
    assert (state(book), book.next_tick_ms()) == (State.UNACK, None)
    assert entered(200) == []


def test_a_maintenance_that_was_ended_early_ends_once(book: Book) -> None:
    book.act_on_device(SITE, FRIDGE, TakeOut(NURSE, "sửa", 130 * MINUTE), 100 * MINUTE)
    book.act_on_device(SITE, FRIDGE, PutBack(NURSE), 110 * MINUTE)
    book.act_on_device(SITE, FRIDGE, TakeOut(NURSE, "sửa"), 120 * MINUTE)
    assert book.tick(500 * MINUTE) == []
    assert state(book) is State.OUT_OF_SERVICE


@pytest.mark.parametrize(
    ("minutes", "code"), [(0, "short"), (-5, "short"), (31 * 1440 + 1, "long"), (1, ""), (31 * 1440, "")]
)
def test_a_maintenance_is_of_a_minute_to_a_month(book: Book, minutes: int, code: str) -> None:
    out = TakeOut(NURSE, "sửa", (100 + minutes) * MINUTE)
    if not code:
        assert len(book.act_on_device(SITE, FRIDGE, out, 100 * MINUTE)) == 1
        return
    with pytest.raises(RefusedAction, match=rf"alarm\.window_too_{code}"):
        book.act_on_device(SITE, FRIDGE, out, 100 * MINUTE)


def test_a_whole_site_goes_out_and_back_without_those_that_are(book: Book) -> None:
    names = ("cam-1", "cam-2", "cam-3")
    book.act_on_device(SITE, "cam-2", TakeOut(NURSE, "sửa"), 100 * MINUTE)
    out = book.act_on_devices(SITE, names, TakeOut(NURSE, "nâng cấp", 130 * MINUTE), 110 * MINUTE)
    assert [entry.device for entry in out] == ["cam-1", "cam-3"]
    back = book.act_on_devices(SITE, ("cam-3", "cam-3", "cam-4"), PutBack(NURSE), 120 * MINUTE)
    assert [entry.device for entry in back] == ["cam-3"]
    assert [entry.device for entry in book.tick(130 * MINUTE)] == ["cam-1"]
    assert set(book.out_of_service) == {"cam-2"}


def test_a_check_is_an_entry_of_the_device(book: Book) -> None:
    (entry,) = book.act_on_device(SITE, FRIDGE, Check(NURSE, round="PM"), 100 * MINUTE)
    assert (entry.kind, entry.device, entry.incident, entry.detail) == (
        Kind.CHECKED,
        FRIDGE,
        "",
        {"round": "PM"},
    )


def test_a_check_of_no_round_and_a_device_of_no_name_are_refused(book: Book) -> None:
    with pytest.raises(RefusedAction, match=r"alarm\.bad_round"):
        book.act_on_device(SITE, FRIDGE, Check(NURSE, round="noon"), 0)  # type: ignore[arg-type]
    for site, device in (("", FRIDGE), (SITE, "Tủ lạnh 1"), (SITE, "a/b")):
        with pytest.raises(RefusedAction, match=r"alarm\.bad_name"):
            book.act_on_device(site, device, Check(NURSE), 0)


def test_an_incident_is_suppressed_by_what_explains_it_and_released(book: Book) -> None:
    assert refused(book, Release()) == "alarm.not_suppressed"
    assert act(book, Suppress(parent="site")) == ["SUPPRESSED"]
    assert state(book) is State.SUPPRESSED
    assert refused(book, Suppress(parent="site")) == "alarm.already_suppressed"
    assert act(book, Release()) == ["RELEASED"]
    assert state(book) is State.UNACK


def test_what_was_measured_and_is_critical_is_never_suppressed(freezing: Book) -> None:
    assert refused(freezing, Suppress(parent="site")) == "alarm.has_evidence"


def test_channels_and_escalation_leave_the_state_alone(book: Book) -> None:
    assert act(book, Notify(channel="sms", outcome="sent")) == ["NOTIFIED"]
    assert act(book, Escalate(level=2)) == ["ESCALATED"]
    assert refused(book, Notify(channel="gọi điện", outcome="sent")) == "alarm.bad_name"
    assert state(book) is State.UNACK


def test_what_a_closed_one_refuses(book: Book) -> None:
    act(book, Acknowledge(NURSE))
    assert refused(book, Acknowledge(NURSE)) == "alarm.already_acknowledged"
    assess(book, 110, episode(0, 110))
    for action in (Acknowledge(NURSE), shelve(30), Assign(NURSE, to="b2"), Suppress(parent="x"), Escalate()):
        assert refused(book, action) == "alarm.closed"
    assert act(book, Comment(NURSE, "máy nén đã thay")) == ["COMMENTED"]
    assert act(book, Notify(channel="sms", outcome="failed")) == ["NOTIFIED"]


@pytest.mark.parametrize(
    ("action", "code"),
    [
        (Acknowledge(), "alarm.no_actor"),
        (Acknowledge("Nguyễn Văn A"), "alarm.bad_actor"),
        (Comment(NURSE, "x" * (LONGEST_NOTE + 1)), "alarm.text_too_long"),
        (Comment(NURSE, "a\x07b"), "alarm.bad_text"),
        (Comment(NURSE, "\ud800"), "alarm.bad_text"),
        (Comment(NURSE, " \n"), "alarm.no_text"),
        (Assign(NURSE, to=""), "alarm.bad_name"),
        (Dispose(NURSE, decision="eat"), "alarm.bad_disposition"),  # type: ignore[arg-type]
        (Check(NURSE), "alarm.of_a_device"),
    ],
)
def test_what_is_refused(book: Book, action: Action, code: str) -> None:
    assert refused(book, action) == code


def test_an_unknown_incident_and_a_wrong_address(book: Book) -> None:
    with pytest.raises(RefusedAction, match=r"alarm\.unknown"):
        book.act("nothing", Acknowledge(NURSE), 0)
    with pytest.raises(RefusedAction, match=r"alarm\.not_of_a_device"):
        book.act_on_device(SITE, FRIDGE, Acknowledge(NURSE), 0)


def test_an_alias_leads_to_the_incident() -> None:
    book = Book()
    assess(book, 180, episode(0, 100), episode(120))
    first, second = book.incidents
    assess(book, 190, episode(0))
    (entry, *_) = book.act(second, Acknowledge(NURSE), 200 * MINUTE)
    assert entry.incident == first


def test_words_are_kept_in_one_form(book: Book) -> None:
    (entry,) = book.act(next(iter(book.incidents)), Comment(NURSE, "hỏng"), 0)
    assert entry.note == "hỏng"


def test_old_closed_incidents_are_let_go(book: Book) -> None:
    act(book, Acknowledge(NURSE))
    book.forget(1000 * MINUTE)
    assert len(book.incidents) == 1
    assess(book, 110, episode(0, 110))
    book.forget(110 * MINUTE)
    assert len(book.incidents) == 1
    book.forget(111 * MINUTE)
    assert not book.incidents
