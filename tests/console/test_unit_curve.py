"""The curve of a unit and its words: pure."""

from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from api.console.condition import FRIDGE
from api.console.lane_strip import for_eyes
from api.console.lane_words import disagreement_words, lines, summary
from api.console.unit_curve import Late, Moment, Spot, UnitCurve, curve_of, thinned
from api.console.unit_lanes import Disagreement, Lane, Stretch
from api.console.wording import LANGUAGES, Wording

VI, EN = (Wording(language, ZoneInfo("Asia/Ho_Chi_Minh")) for language in LANGUAGES)
BEGIN = 1_795_323_600_000  # 22/11/2026 12:00 in Đồng Nai
MINUTE = 60_000
HOUR = 60 * MINUTE
HOLD = 30 * MINUTE
SPAN = (BEGIN, BEGIN + 6 * HOUR)
SPOTS = st.lists(
    st.tuples(st.integers(0, 10**7), st.floats(-30, 30)), unique_by=lambda spot: spot[0], max_size=200
)


def moment(hours: float, value: float | None, *, known: float | None = None, reason: str = "") -> Moment:
    at = BEGIN + round(hours * HOUR)
    return Moment(at, value, reason, at if known is None else BEGIN + round(known * HOUR))


def steady(first: float, last: float, value: float = 5.0, known: float | None = None) -> list[Moment]:
    return [moment(n / 6, value, known=known) for n in range(round(first * 6), round(last * 6) + 1)]


def hours(stretches: tuple[Stretch, ...]) -> list[tuple[float, float, str]]:
    return [
        (round((one.start_ms - BEGIN) / HOUR, 3), round((one.end_ms - BEGIN) / HOUR, 3), one.what)
        for one in stretches
    ]


def test_what_was_out_of_range_bad_and_not_measured() -> None:
    bad = [moment(2 + n / 6, None, reason="probe_lost") for n in range(3)]
    told = [*steady(0, 1), *steady(7 / 6, 11 / 6, 9.5), *bad, *steady(2.5, 3), *steady(4.5, 6, 1.0)]
    curve = curve_of(reversed(told), FRIDGE, SPAN, HOLD)
    assert hours(curve.outside) == [(round(7 / 6, 3), round(11 / 6 + 0.5, 3), "warm"), (4.5, 6.0, "cool")]
    assert hours(curve.bad) == [(2.0, 2.5, "probe_lost")]
    assert hours(curve.unseen) == [(3.5, 4.5, "")]
    assert curve.late == ()
    assert [spot.time_ms for spot in curve.spots] == sorted(
        each.time_ms for each in told if each.value is not None
    )


def test_nothing_measured_is_nothing_seen() -> None:
    assert curve_of([], FRIDGE, SPAN, HOLD) == UnitCurve(unseen=(Stretch(*SPAN, "unseen"),))


def test_late_is_what_came_when_it_had_been_shown_as_a_gap() -> None:
    told = [*steady(0, 1), moment(1.25, 5.0, known=1.75), *steady(1.5, 2, known=3.5), *steady(2.5, 6)]
    curve = curve_of(told, FRIDGE, SPAN, HOLD)
    late = Late(BEGIN + HOUR * 3 // 2, BEGIN + 2 * HOUR, BEGIN + HOUR * 7 // 2, BEGIN + HOUR * 7 // 2, 4)
    assert curve.late == (late,)
    assert [spot.known_ms for spot in curve.spots if spot.known_ms] == [late.known_to_ms] * 4
    assert lines(VI, (), curve) == [
        (late.start_ms, "22/11 13:30 – 22/11 14:00 (30 phút)", "4 số đo biết muộn: đến lúc 22/11 15:30")
    ]
    apart = UnitCurve(late=(late._replace(known_to_ms=BEGIN + 4 * HOUR, readings=1),))
    assert lines(EN, (), apart)[0][2] == "1 reading known late: it came between 22/11 15:30 and 22/11 16:00"


@given(SPOTS, st.integers(4, 50))
def test_a_thinned_curve_keeps_its_peaks(made: list[tuple[int, float]], most: int) -> None:
    spots = [Spot(at, value) for at, value in sorted(made)]
    kept = thinned(spots, most)
    assert set(kept) <= set(spots)
    assert kept == sorted(kept)
    assert len(kept) <= max(most + 2, 0)
    if spots:
        values = [spot.value for spot in kept]
        assert (min(values), max(values)) == (min(s.value for s in spots), max(s.value for s in spots))


def test_lanes_in_words() -> None:
    opened = [Stretch(BEGIN + n * HOUR, BEGIN + n * HOUR + 10 * MINUTE, "on") for n in range(2)]
    door = Lane("door", (*opened, Stretch(BEGIN + 3 * HOUR, BEGIN + 4 * HOUR, "unseen")))
    assert summary(VI, door) == "mở 2 lần, tổng 20 phút · 1 giờ không có số đo"
    assert summary(EN, Lane("door", tuple(opened[:1]))) == "open 1 time, 10 min in all"
    assert summary(EN, Lane("power", ())) == "there all the time"
    assert summary(EN, Lane("power", (), measured=False)) == "nothing measures it: unknown"
    device = Lane("device", (Stretch(BEGIN, BEGIN + HOUR, "warning", "x9"),))
    ours = Lane("ours", (Stretch(BEGIN, BEGIN + HOUR, "critical", "HEAT", "/alarms/a"),))
    assert (summary(VI, device), summary(EN, ours)) == ("1 lần báo", "1 alarm")
    assert [told for _, _, told in lines(VI, (door, device, ours), UnitCurve())] == [
        "Cửa: không có số đo",
        "Cửa mở",
        "Báo động của tủ: x9",
        "Cửa mở",
    ]


def test_a_disagreement_in_words() -> None:
    stretch = Stretch(BEGIN, BEGIN + HOUR, "critical", "FRZE")
    assert disagreement_words(EN, Disagreement("ours", "frze", stretch)) == (
        "Disagreement, 22/11 12:00 – 22/11 13:00 (1 h): we raised “Freezing”, "
        "the unit itself raised no alarm of freezing."
    )


def test_what_no_eye_tells_apart_is_one() -> None:
    many = [Stretch(n * 1000, n * 1000 + 500, "on") for n in range(2000)]
    assert for_eyes(many, (0, 2_000_000)) == [Stretch(0, 1_999_500, "on")]
    assert for_eyes(many, (0, 200_000)) == many
