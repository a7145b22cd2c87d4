"""The strip of a camera and its small curves: an outage of seconds is seen, so is what nobody told. Pure."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.cameras import uptime_row
from api.console.camera_sparks import HEIGHT, WIDTH, spark, spark_svg
from api.console.camera_strip import (
    COLUMNS,
    MOST_LINES,
    lines,
    pieces,
    share,
    strip_svg,
    trusted,
    uptime_figures,
)
from api.console.wording import LANGUAGES, Wording
from hub.events import format_time
from storage.cameras import CameraPeriod

NOW_MS = 1_795_323_600_000
HOUR_MS = 3_600_000
FROM_MS = NOW_MS - 24 * HOUR_MS
VI, EN = (Wording(language, ZoneInfo("Asia/Ho_Chi_Minh")) for language in LANGUAGES)


def period(
    from_h: float, to_h: float, state: str = "ONLINE", reason: str = "streaming", *faults: str
) -> CameraPeriod:
    """Hours before now."""
    return CameraPeriod(
        NOW_MS - round(from_h * HOUR_MS), NOW_MS - round(to_h * HOUR_MS), state, reason, faults
    )


def test_the_worst_of_each_column_is_shown() -> None:
    outage = period(12, 12 - 5 / 3600, "OFFLINE", "stall")
    drawn = pieces([period(24, 12), outage, period(12 - 5 / 3600, 0)], FROM_MS, NOW_MS)
    assert [(piece.first, piece.last, piece.condition) for piece in drawn] == [
        (0, 180, "ok"),
        (180, 181, "bad"),
        (181, COLUMNS, "ok"),
    ]


def test_what_nobody_told_is_unknown() -> None:
    assert [piece.condition for piece in pieces([], FROM_MS, NOW_MS)] == ["unknown"]
    drawn = pieces([period(30, 18), period(6, 0)], FROM_MS, NOW_MS)
    assert [(piece.first, piece.last, piece.condition) for piece in drawn] == [
        (0, 90, "ok"),
        (90, 270, "unknown"),
        (270, COLUMNS, "ok"),
    ]


STATES = st.sampled_from(["ONLINE", "DEGRADED", "OFFLINE", "MAINTENANCE", "UNKNOWN"])


@given(st.lists(st.tuples(st.integers(0, 86_400_000), STATES), min_size=1, max_size=12))
def test_the_strip_is_whole_and_every_outage_is_on_it(begun: list[tuple[int, str]]) -> None:
    marks = sorted(dict(begun).items())
    ends = [at for at, _ in marks[1:]] + [86_400_001]
    periods = [
        CameraPeriod(FROM_MS + at, FROM_MS + end, state, "")
        for (at, state), end in zip(marks, ends, strict=True)
    ]
    drawn = pieces(periods, FROM_MS, NOW_MS)
    assert [piece.first for piece in drawn[1:]] == [piece.last for piece in drawn[:-1]]
    assert (drawn[0].first, drawn[-1].last) == (0, COLUMNS)
    outage = any(each.state == "OFFLINE" and each.from_ms < NOW_MS for each in periods)
    assert ("bad" in {piece.condition for piece in drawn}) == outage
    assert strip_svg(drawn).count('<rect class="eh-is-') == len(drawn)


def test_in_words_the_newest_first_and_how_long() -> None:
    told = lines(
        VI,
        [
            period(24, 5),
            period(5, 4.5, "OFFLINE", "unauthorized"),
            period(4.5, 2),
            period(2, 1, "DEGRADED", "streaming", "blur"),
            period(1, 0, "UNKNOWN", "camera.silent"),
        ],
        NOW_MS,
    )
    assert told == [
        ("unknown", "22/11 11:00:00 – nay", "1 giờ", "Không nghe gì về camera này"),
        ("warn", "22/11 10:00:00 – 22/11 11:00:00", "1 giờ", "Hình mờ"),
        ("bad", "22/11 07:00:00 – 22/11 07:30:00", "30 phút", "Sai mật khẩu"),
    ]
    flapping = [period(24 - n / 10, 23.9 - n / 10, "OFFLINE", "closed") for n in range(2 * MOST_LINES)]
    assert len(lines(EN, flapping, NOW_MS)) == MOST_LINES


def timeline(periods: list[CameraPeriod]) -> dict[str, Any]:
    """As GET cameras/{id}/timeline has it."""
    told = [
        {"from": format_time(each.from_ms), "to": format_time(each.to_ms)} | each._asdict()
        for each in periods
    ]
    return uptime_row(periods) | {"periods": told}


def test_a_camera_that_sees_nothing_is_connected_and_of_no_use() -> None:
    day = [period(24, 18), period(18, 12, "DEGRADED", "covered", "covered"), period(12, 0, "UNKNOWN", "")]
    told = dict(uptime_figures(VI, timeline(day)))
    assert (told["uptime"], told["trusted"]) == ("100,00 %", "50,00 %")
    assert trusted([]) is None


def test_uptime_leaves_maintenance_out_and_is_never_rounded_up() -> None:
    day = [period(24, 12), period(12, 6, "MAINTENANCE", ""), period(6, 5, "OFFLINE", ""), period(5, 0)]
    told = dict(uptime_figures(EN, timeline(day)))
    assert (told["uptime"], told["uptime_served"], told["unseen"]) == ("70.83 %", "94.44 %", "0.00 %")
    assert (told["outages"], told["mtbf"], told["reconnects_all"]) == ("1", "17 h", "1")
    assert share(VI, 0.99999) == "99,99 %"
    nothing = dict(uptime_figures(EN, timeline([period(24, 0, "UNKNOWN", "")])))
    assert (nothing["uptime"], nothing["unseen"], nothing["mtbf"]) == ("—", "100.00 %", "—")


def curve(*steps: tuple[float, float | None]) -> dict[str, Any]:
    """Steps of an hour that begin so many hours before now."""
    return {
        "start_ms": [NOW_MS - round(hours * HOUR_MS) for hours, _ in steps],
        "mean": [mean for _, mean in steps],
    }


def test_a_curve_has_gaps_where_nothing_was_told_and_begins_at_zero() -> None:
    drawn = spark(curve((24.5, 25.0), (23.5, 0.0), (12.5, 25.0)), FROM_MS, NOW_MS, HOUR_MS)
    assert drawn is not None
    assert [len(run) for run in drawn.runs] == [2, 1]
    (begin, fall), (later,) = drawn.runs
    assert (begin[0], later[0]) == (0.0, WIDTH / 2)
    assert begin[1] < fall[1] == HEIGHT - 3
    assert (drawn.low, drawn.high, drawn.last) == (0.0, 25.0, 25.0)
    assert spark_svg(drawn).count("<polyline") == spark_svg(drawn).count("<circle") == 1
    assert spark(curve((3, None)), FROM_MS, NOW_MS, HOUR_MS) is None


@pytest.mark.parametrize("value", [0.0, 1e-9, 1e12])
def test_a_curve_stays_inside_its_picture(value: float) -> None:
    drawn = spark(curve(*((n, value * (n % 3)) for n in range(24, 0, -1))), FROM_MS, NOW_MS, HOUR_MS)
    assert drawn is not None
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for run in drawn.runs for x, y in run)
