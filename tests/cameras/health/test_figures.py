"""Rates of a stream: what they are, and what is wrong with them against what is usual for this camera."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.cameras.health.figures import StreamRates
from adapters.cameras.rtsp.facts import StreamFigures
from tests.cameras.health.happenings import SECOND, T0, Story, came, sent, went


class Stream:
    """Figures of one session, second by second."""

    def __init__(self) -> None:
        self.second = 0
        self.count = dict.fromkeys(("bytes", "packets", "lost", "frames"), 0.0)
        self.rtp = 0.0
        self.rates = StreamRates()
        self.stood: list[tuple[int, frozenset[str]]] = [(0, frozenset())]

    def run(
        self, seconds: int, *, fps: float = 25, bps: float = 400_000, lost: float = 0, rtp: float = 1
    ) -> None:
        for _ in range(seconds):
            self.second += 1
            self.rtp += rtp
            self.count["frames"] += fps
            self.count["bytes"] += bps / 8
            self.count["packets"] += 40 - lost
            self.count["lost"] += lost
            whole: dict[str, Any] = {name: int(count) for name, count in self.count.items()}
            figures = StreamFigures(**whole, rtp_seconds=self.rtp, last_frame_s=T0 / 1000 + self.second)
            self.rates.add(figures, T0 + self.second * SECOND)
            if self.rates.standing != self.stood[-1][1]:
                self.stood.append((self.second, self.rates.standing))

    @property
    def marks(self) -> list[tuple[int, list[str]]]:
        return [(second, sorted(faults)) for second, faults in self.stood[1:]]


def test_fewer_frames_than_usual() -> None:
    stream = Stream()
    stream.run(120)
    stream.run(60, fps=12)
    stream.run(60)
    (raised, faults), (cleared, none) = stream.marks
    assert (faults, none) == (["fps"], [])
    assert 130 < raised <= 145
    assert 190 < cleared <= 205


@pytest.mark.parametrize("frame_seconds", [2.5, 5, 10, 20])
def test_a_slow_stream_is_no_fault_and_one_that_becomes_slower_is(frame_seconds: float) -> None:
    """A frame every so many seconds, then every fifth of them; its rate is never taken for none between."""
    stream, told = Stream(), []
    sent_s = 0.0
    for second in range(int(400 * frame_seconds)):
        every = frame_seconds if second < 200 * frame_seconds else 5 * frame_seconds
        if second - sent_s >= every:
            sent_s = second
            stream.count["frames"] += 1
            stream.count["packets"] += 20
            stream.count["bytes"] += 20_000
        whole: dict[str, Any] = {name: int(count) for name, count in stream.count.items()}
        figures = StreamFigures(**whole, rtp_seconds=sent_s, last_frame_s=T0 / 1000 + sent_s)
        at_ms = T0 + second * SECOND
        stream.rates.add(figures, at_ms)
        if second < 200 * frame_seconds:
            assert not stream.rates.standing
        if 30 * frame_seconds < second < 200 * frame_seconds:
            told.append(stream.rates.fps(at_ms))
    assert min(each or 0.0 for each in told) > 0.5 / frame_seconds
    assert max(each or 0.0 for each in told) < 2 / frame_seconds
    assert "fps" in stream.rates.standing


def test_a_scene_that_needs_fewer_bits_is_no_fault_and_a_collapse_is_one() -> None:
    stream = Stream()
    stream.run(120)
    stream.run(300, bps=160_000)
    assert stream.marks == []
    stream.run(120, bps=9_000)
    ((raised, faults),) = stream.marks
    assert faults == ["bitrate"]
    assert 450 < raised < 500


@pytest.mark.parametrize(("lost", "faults"), [(0.04, []), (0.4, []), (2, ["loss"])])
def test_two_of_a_hundred_packets(lost: float, faults: list[str]) -> None:
    stream = Stream()
    stream.run(60)
    stream.run(120, lost=lost)
    assert [each for _, standing in stream.marks for each in standing] == faults
    assert stream.rates.loss == pytest.approx(lost / 40, rel=0.4)
    stream.run(300)
    assert not stream.rates.standing


def test_an_rtp_clock_that_stands_still_while_frames_come_is_a_frozen_camera() -> None:
    stream = Stream()
    stream.run(20)
    stream.run(10, rtp=0)
    stream.run(10)
    assert stream.marks == [(26, ["frozen"]), (33, [])]


def test_it_sends_otherwise_at_night() -> None:
    stream = Stream()
    stream.run(120)
    stream.rates.is_night(True)
    stream.run(300, fps=8, bps=60_000)
    stream.rates.is_night(False)
    stream.run(60)
    assert stream.marks == []
    stream.rates.is_night(True)
    stream.run(60, fps=2, bps=60_000)
    assert stream.marks[-1][1] == ["fps"], "against what is usual at night"


def test_what_is_usual_is_learnt_first_and_may_be_learnt_anew() -> None:
    stream = Stream()
    stream.run(20)
    stream.run(60, fps=10)
    assert stream.marks == [], "most of the first minute was so"
    late = Stream()
    late.run(120)
    late.run(60, fps=10)
    assert late.rates.standing == {"fps"}
    late.rates.forget_usual()
    late.run(200, fps=10)
    assert late.rates.standing == set()


def test_a_slow_stream_is_not_stalled_between_two_frames() -> None:
    story = Story().of(came(T0))
    for second in range(120):
        story.of(
            sent(
                T0 + second * SECOND, second, frames=second // 4, last_frame_s=(T0 // 1000) + second // 4 * 4
            )
        )
    assert story.standing.payload(T0 + 123 * SECOND).fps == pytest.approx(0.25, abs=0.1)
    assert story.faults() == []
    assert story.standing.payload(T0 + 150 * SECOND).fps == 0.0


def test_a_session_that_begins_anew_counts_from_nothing() -> None:
    story = Story().of(came(T0), *(sent(T0 + n * SECOND, n) for n in range(10)), went(T0 + 10 * SECOND))
    story.of(came(T0 + 12 * SECOND), *(sent(T0 + n * SECOND, n - 12) for n in range(12, 20)))
    assert story.standing.payload(T0 + 19 * SECOND).fps == 25.0


def test_drift_is_told_after_ten_minutes() -> None:
    drifts = []
    for second in (599, 600):
        told = sent(T0 + second * SECOND, second, rtp_seconds=second * (1 + 100e-6))
        drifts.append(Story().of(came(T0), told).standing.payload(told.at_ms).clock_drift_ppm)
    assert drifts == [None, pytest.approx(100)]


@given(st.lists(st.integers(1, 20), min_size=1, max_size=40), st.integers(1, 60))
def test_a_steady_stream_has_one_rate_however_often_it_is_asked(steps: list[int], fps: int) -> None:
    rates, second = StreamRates(), 0
    for step in [0, *steps]:
        second += step
        told: dict[str, Any] = {"last_frame_s": T0 / 1000 + second, "rtp_seconds": second}
        figures = StreamFigures(second * 1000, second * 40, 0, second * fps, **told)
        rates.add(figures, T0 + second * SECOND)
    at_ms = T0 + second * SECOND
    assert rates.fps(at_ms) == pytest.approx(fps)
    assert rates.bitrate(at_ms) == pytest.approx(8000)
    assert rates.loss == 0.0
    assert rates.standing == set()


def test_figures_that_go_back_or_stand_still_harm_nobody() -> None:
    story = Story().of(came(T0), sent(T0, 10), sent(T0, 10), sent(T0 + SECOND, 3), sent(T0 + 2 * SECOND, 3))
    health = story.standing.payload(T0 + 2 * SECOND)
    assert health.fps == 0.0
    assert health.faults == ()
