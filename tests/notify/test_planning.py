"""From the ledger's entries to notices: who is called, when, and what takes it back."""

from dataclasses import replace

from hub.alarms.incidents.actions import Acknowledge, PutBack, Release, Shelve, Suppress, TakeOut
from hub.alarms.incidents.at_edge import Change, EdgeWord
from hub.notify.notice_course import is_urgent
from hub.notify.settings import NotifySettings
from storage.notices import NoticeRow
from tests.alarms.incidents.made import FREEZE, HEAT, SITE, episode, finding, only
from tests.notify.made import AN, BINH, MINUTE, SETTINGS, Planned

RAISED_AT = 60 * MINUTE
LATER = RAISED_AT + 5 * MINUTE
NODATA = replace(HEAT, code="NODATA")


def warm(**changes: object) -> Planned:
    planned = Planned(replace_settings(**changes))
    planned.assess(finding(episode(0)), at_ms=RAISED_AT)
    return planned


def replace_settings(**changes: object) -> NotifySettings:
    import msgspec

    return msgspec.structs.replace(SETTINGS, **changes)


def course(rows: list[NoticeRow] | tuple[NoticeRow, ...] | object) -> list[tuple[str, int, str, str, int]]:
    assert isinstance(rows, list | tuple)
    return [
        (row.kind, row.step, row.person, row.channel, (row.due_ms - RAISED_AT) // 1000)
        for row in sorted(rows, key=lambda row: (row.due_ms, row.person, row.channel))
    ]


def test_the_whole_course_is_planned_when_it_is_raised() -> None:
    """Steps at 0, 15 and 60 min, then reminders of all after 15 and 45 more; a warning gathers for 30 s.

    At minute 60 of 1970 it is 8 o'clock in the morning in Viet Nam: the roster's ``otherwise`` has the duty.
    """
    chi = "u-chi"
    assert course(warm().changes.new) == [
        ("RAISED", 0, AN, "mail", 30),
        ("RAISED", 0, AN, "sms", 30),
        ("RAISED", 1, chi, "sms", 930),
        ("RAISED", 2, "", "room", 3630),
        *(("REMINDER", 0, *who, 4530) for who in (("", "room"), (AN, "mail"), (AN, "sms"), (chi, "sms"))),
        *(("REMINDER", 1, *who, 6330) for who in (("", "room"), (AN, "mail"), (AN, "sms"), (chi, "sms"))),
    ]


def test_measured_frost_gathers_nothing() -> None:
    planned = Planned()
    frost = episode(0, severity="critical", rule=FREEZE, worst=-900)
    planned.assess(finding(frost, rule=FREEZE), at_ms=RAISED_AT)
    assert min(row.due_ms for row in planned.changes.new) == RAISED_AT
    assert all(row.urgent for row in planned.changes.new)
    assert is_urgent(only(planned.book))


def test_without_a_value_nothing_is_urgent() -> None:
    planned = Planned()
    silent = episode(0, severity="critical", rule=NODATA, worst=None)
    planned.assess(finding(silent, rule=NODATA), at_ms=RAISED_AT)
    assert not is_urgent(only(planned.book))


def test_every_key_is_made_once() -> None:
    rows = warm().changes.new
    assert len({row.key for row in rows}) == len(rows)


def test_no_chain_no_notice() -> None:
    assert warm(chains=()).changes.new == []
    (chain,) = SETTINGS.chains
    other = (replace_chain(chain, severities=("critical",)), replace_chain(chain, sites=("elsewhere",)))
    assert warm(chains=other).changes.new == []
    assert warm(chains=(replace_chain(chain, site_kinds=("clinic",)),)).changes.new == []
    assert warm(chains=(replace_chain(chain, site_kinds=("vaccine-store",)),)).changes.new != []


def replace_chain(chain: object, **changes: object) -> object:
    import msgspec

    return msgspec.structs.replace(chain, **changes)  # type: ignore[type-var]


def test_acknowledged_nothing_is_needed_any_more() -> None:
    planned = warm()
    name = only(planned.book).incident
    planned.act(name, Acknowledge(AN), LATER)
    assert planned.changes.stops == [(name, "ack", LATER, True)]
    assert (planned.changes.new, planned.changes.tells) == ([], [])


def test_shelved_it_is_silent_and_back_it_calls_anew() -> None:
    planned = warm()
    name = only(planned.book).incident
    planned.act(name, Shelve(AN, "rã đông", LATER + 30 * MINUTE), LATER)
    assert [stop.code for stop in planned.changes.stops] == ["shelved"]
    planned._step(planned.book.tick(LATER + 30 * MINUTE))
    assert len(planned.changes.new) == 12


def test_what_is_over_is_told_to_those_who_were_told() -> None:
    """And what was due, but not delivered yet, still goes out."""
    planned = warm()
    name = only(planned.book).incident
    planned.assess(finding(episode(0, 64)), at_ms=LATER)
    assert planned.changes.stops == [(name, "rtn_unack", LATER, False)]
    (tell,) = planned.changes.tells
    assert (tell.kind, tell.entry, tell.urgent, tell.due_ms) == ("RETURNED", 2, 0, LATER + 30_000)


def test_also_when_somebody_has_acknowledged() -> None:
    planned = warm()
    planned.act(only(planned.book).incident, Acknowledge(AN), LATER)
    planned.assess(finding(episode(0, 64)), at_ms=LATER)
    assert [tell.kind for tell in planned.changes.tells] == ["RETURNED"]
    assert planned.changes.stops == []


def test_what_data_take_back_is_told_as_that() -> None:
    planned = warm()
    planned.assess(finding(), at_ms=LATER)
    assert [tell.kind for tell in planned.changes.tells] == ["WITHDRAWN"]
    assert [(stop.code, stop.due) for stop in planned.changes.stops] == [("closed", True)]


def test_frost_that_is_over_goes_on_calling() -> None:
    """Somebody must look at the vaccine."""
    planned = Planned()
    planned.assess(finding(episode(0, severity="critical", rule=FREEZE), rule=FREEZE), at_ms=RAISED_AT)
    planned.assess(finding(episode(0, 64, severity="critical", rule=FREEZE), rule=FREEZE), at_ms=LATER)
    assert planned.changes.stops == []
    assert [tell.kind for tell in planned.changes.tells] == ["RETURNED"]
    planned.act(only(planned.book).incident, Acknowledge(AN), LATER)
    assert [stop.code for stop in planned.changes.stops] == ["latched"]


def test_what_gets_worse_calls_anew() -> None:
    planned = warm()
    name = only(planned.book).incident
    planned.assess(finding(episode(0, severity="critical")), at_ms=LATER)
    assert planned.changes.stops == [(name, "replaced", LATER, False)]
    assert len(planned.changes.new) == 12
    planned.act(name, Acknowledge(AN), LATER)
    planned.assess(finding(episode(0, severity="critical")), at_ms=LATER)
    assert planned.changes.new == []


def test_found_late_and_over_nobody_is_woken() -> None:
    planned = Planned()
    planned.assess(finding(episode(0, 100)), at_ms=1000 * MINUTE)
    assert planned.changes.new == []


def test_found_late_and_grave_somebody_is() -> None:
    planned = Planned()
    planned.assess(finding(episode(0, 100, severity="critical")), at_ms=1000 * MINUTE)
    assert len(planned.changes.new) == 12


def test_a_device_out_of_service_is_silent() -> None:
    planned = warm()
    name = only(planned.book).incident
    planned.act_on_device("fridge-01", TakeOut(AN, "sửa chữa"), LATER)
    assert planned.changes.stops == [(name, "out_of_service", LATER, True)]
    planned.act_on_device("fridge-01", PutBack(AN), LATER)
    assert len(planned.changes.new) == 12


def test_what_goes_on_when_a_maintenance_is_over_calls_again() -> None:
    planned = warm()
    planned.act_on_device("fridge-01", TakeOut(AN, "sửa chữa", LATER + 30 * MINUTE), LATER)
    planned.tick(LATER + 30 * MINUTE)
    assert len(planned.changes.new) == 12
    assert planned.changes.stops == []


def test_what_another_incident_explains_is_silent() -> None:
    planned = Planned()
    planned.assess(finding(episode(0, rule=NODATA, worst=None), rule=NODATA), at_ms=RAISED_AT)
    name = only(planned.book).incident
    planned.act(name, Suppress(parent="hub"), LATER)
    assert [stop.code for stop in planned.changes.stops] == ["suppressed"]
    planned.act(name, Release(), LATER)
    assert len(planned.changes.new) == 12


def test_the_first_notice_of_a_later_step_escalates() -> None:
    rows = warm().changes.new
    told = [(row.step, row.person) for row in rows if b"escalates" in row.body]
    assert told == [(1, "u-chi"), (2, "")]
    assert BINH not in {row.person for row in rows}


def word(change: Change, **detail: str) -> EdgeWord:
    known = episode(0)
    return EdgeWord("kho-1", SITE, RAISED_AT, change, known.episode_id, known, AN, detail)


def test_what_an_edge_may_have_told_is_held_back() -> None:
    planned = Planned(held_until_ms=LATER)
    planned.assess(finding(episode(0)), at_ms=RAISED_AT)
    due = sorted({(row.kind, row.step, row.due_ms - LATER) for row in planned.changes.new})
    assert due[:3] == [("RAISED", 0, 0), ("RAISED", 1, 15 * MINUTE), ("RAISED", 2, 60 * MINUTE)]


def test_whom_the_edge_has_told_is_not_told_again() -> None:
    """In one commit with the incident itself, as it comes after a long absence, or later."""
    delivered = word("NOTIFIED", channel="modem", outcome="delivered", to=AN)
    together = Planned()
    together.hear([delivered], RAISED_AT, finding(episode(0)))
    told = [row for row in together.changes.new if row.state == "DELIVERED"]
    assert {(row.kind, row.person, row.code) for row in told} == {("RAISED", AN, "edge")}
    assert all(row.person != AN for row in together.changes.new if row.kind == "RAISED" and row not in told)
    later = warm()
    later.hear([delivered])
    (elsewhere,) = later.changes.elsewhere
    assert elsewhere[:3] == (episode(0).episode_id, AN, "")


def test_what_the_edge_could_not_deliver_is_told_here() -> None:
    planned = Planned()
    failed = word("NOTIFIED", channel="modem", outcome="no_answer", to=AN)
    planned.hear([failed], RAISED_AT, finding(episode(0)))
    assert {row.state for row in planned.changes.new} == {"WAITING"}
    assert not planned.changes.elsewhere


def test_what_is_acknowledged_in_the_commit_that_raises_it_calls_nobody() -> None:
    planned = Planned()
    planned.hear([word("ACKED")], RAISED_AT, finding(episode(0)))
    assert {row.state for row in planned.changes.new} == {"SKIPPED"}
