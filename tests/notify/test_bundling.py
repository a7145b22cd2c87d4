"""Due notices to messages: storms are few messages, and what is grave never waits."""

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from hub.notify.bundling import LETTERS, Message, Policy, bundle
from storage.notices import NoticeRow, RecentNotice
from tests.notify.made import AN, BINH, MINUTE, NOON, row

POLICY = Policy(10 * MINUTE, 5)


def unit(number: int, site: str, **changes: object) -> NoticeRow:
    return row(f"{number:04d}", site=site, device=f"fridge-{number:03d}", **changes)


def sent(messages: list[Message], at_ms: int) -> list[RecentNotice]:
    return [
        RecentNotice(each.person, each.channel, site, each.name, at_ms)
        for each in messages
        for site in {row.site for row in each.rows if not row.urgent}
    ]


def test_units_of_a_site_go_out_as_one() -> None:
    messages, held = bundle([unit(1, "a"), unit(2, "a"), unit(3, "b")], [], POLICY, NOON)
    assert [[row.key for row in each.rows] for each in messages] == [["0001", "0002"], ["0003"]]
    assert held is None


def test_a_site_that_was_told_waits_for_the_window() -> None:
    recent = [RecentNotice(AN, "sms", "a", "m", NOON - 4 * MINUTE)]
    assert bundle([unit(1, "a")], recent, POLICY, NOON) == ([], NOON + 6 * MINUTE)
    messages, _ = bundle([unit(1, "a", person=BINH)], recent, POLICY, NOON)
    assert len(messages) == 1
    messages, _ = bundle([unit(1, "a")], recent, POLICY, NOON + 6 * MINUTE)
    assert len(messages) == 1


def test_what_is_urgent_waits_for_nothing() -> None:
    recent = [RecentNotice(AN, "sms", "a", f"m{n}", NOON) for n in range(9)]
    messages, held = bundle([unit(1, "a", urgent=1), unit(2, "a")], recent, POLICY, NOON)
    assert [[row.key for row in each.rows] for each in messages] == [["0001"]]
    assert held == NOON + 10 * MINUTE


def test_a_province_without_power_is_one_summary() -> None:
    """500 units at 50 sites, all of one person: one message, whose rows are all of them."""
    rows = [unit(number, f"site-{number % 50}") for number in range(500)]
    messages, held = bundle(rows, [], POLICY, NOON)
    assert (len(messages), len(messages[0].rows), held) == (1, 500, None)


def test_many_sites_after_single_ones_are_one_summary_and_then_wait() -> None:
    first, _ = bundle([unit(n, f"site-{n}") for n in range(3)], [], POLICY, NOON)
    assert len(first) == 3
    recent = sent(first, NOON)
    later = [unit(n, f"site-{n}") for n in range(10, 13)]
    second, _ = bundle(later, recent, POLICY, NOON + MINUTE)
    assert [len(each.rows) for each in second] == [3]
    recent += sent(second, NOON + MINUTE)
    for number in (20, 21):
        more, _ = bundle([unit(number, f"site-{number}")], recent, POLICY, NOON + 2 * MINUTE)
        recent += sent(more, NOON + 2 * MINUTE)
    last, held = bundle([unit(30, "site-30")], recent, POLICY, NOON + 3 * MINUTE)
    assert (last, held) == ([], NOON + 10 * MINUTE)


def test_what_was_tried_goes_out_under_its_name() -> None:
    rows = [unit(1, "a", message="m1", reply="7F3K"), unit(2, "a", message="m1", reply="7F3K"), unit(3, "a")]
    messages, _ = bundle(rows, [], POLICY, NOON)
    again = messages[0]
    assert (again.name, again.reply, len(again.rows), again.fresh) == (
        "m1",
        "7F3K",
        2,
        False,
    )
    assert messages[1].fresh


def test_without_a_window_each_goes_alone() -> None:
    messages, _ = bundle([unit(n, "a") for n in range(20)], [], Policy(0, 5), NOON)
    assert len({each.name for each in messages}) == 20


def test_a_name_comes_from_the_notices_alone() -> None:
    one, two = (
        bundle(rows, [], POLICY, NOON)[0][0]
        for rows in ([unit(1, "a"), unit(2, "a")], [unit(2, "a"), unit(1, "a")])
    )
    assert (one.name, one.reply) == (two.name, two.reply)
    assert len(one.reply) == 4
    assert set(one.reply) <= set(LETTERS)


@given(
    st.lists(
        st.tuples(st.integers(0, 40), st.integers(0, 12), st.booleans(), st.sampled_from([AN, BINH])),
        max_size=80,
    )
)
def test_every_notice_goes_out_once_and_windows_hold(storm: list[tuple[int, int, bool, str]]) -> None:
    """Whatever comes when: nobody gets more than the limit and a summary within any window."""
    arriving = defaultdict(list)
    for number, (minute, site, urgent, person) in enumerate(storm):
        arriving[minute].append(unit(number, f"site-{site}", urgent=int(urgent), person=person))
    waiting: list[NoticeRow] = []
    recent: list[RecentNotice] = []
    out: dict[str, int] = {}
    for minute in range(200):
        waiting += arriving[minute]
        at_ms = NOON + minute * MINUTE
        messages, held = bundle(waiting, recent, POLICY, at_ms)
        recent += sent(messages, at_ms)
        for each in messages:
            for done in each.rows:
                assert done.key not in out
                out[done.key] = minute
        waiting = [left for left in waiting if left.key not in out]
        assert not any(left.urgent for left in waiting)
        assert (held is None) == (not waiting)
        assert held is None or at_ms < held <= at_ms + POLICY.window_ms
    assert len(out) == len(storm)
    for person in (AN, BINH):
        told = {(each.message, each.at_ms) for each in recent if each.person == person}
        for _, at_ms in told:
            within = [each for each in told if at_ms - POLICY.window_ms < each[1] <= at_ms]
            assert len(within) <= POLICY.most_sites + 1
