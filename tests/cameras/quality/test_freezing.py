"""What stands still: the same unit, the same picture, a clock; and what is only suspected."""

from hashlib import sha256

import cv2
import numpy as np
import pytest

from adapters.cameras.quality.freezing import Frozen, frozen
from adapters.cameras.quality.memory import HEIGHT, WIDTH, Grey, Memory
from adapters.cameras.quality.thresholds import thresholds

BEGIN_MS, CHECK_MS, DAY_MS, MINUTE_MS = 1_628_150_400_000, 10_000, 86_400_000, 60_000
LEARNING = 30


class Source:
    """A picture with a clock at its head, a caption at its foot, noise, and somebody who passes."""

    def __init__(self) -> None:
        self.memory, self.at_ms, self.number = Memory(), BEGIN_MS, 0

    def check(
        self,
        *,
        clock: str | None = None,
        person: bool = False,
        pumped: bool = False,
        after_ms: int = CHECK_MS,
        digest: bytes = b"",
    ) -> Frozen:
        """``clock``: None where there is none; ``pumped``: what an encoder adds to a source that stands."""
        self.at_ms += after_ms
        self.number += 1
        found = frozen(self.memory, self._picture(clock, person, pumped), self.at_ms, digest, thresholds())
        self.memory = found.memory
        return found

    def runs(self, times: int, *, person: bool = False) -> list[float]:
        return [self.check(clock=self.time(), person=person).certain for _ in range(times)]

    def time(self) -> str:
        return (
            f"{self.at_ms // 3_600_000 % 24:02}:{self.at_ms // 60_000 % 60:02}:{self.at_ms // 1000 % 60:02}"
        )

    def _picture(self, clock: str | None, person: bool, pumped: bool) -> Grey:
        random = np.random.default_rng(self.number)
        picture = np.full((HEIGHT, WIDTH), 110, np.uint8)
        picture[60:120, 40:100] = 60
        if person:
            left = int(random.integers(100, 280))
            picture[70:140, left : left + 20] = 220
        cv2.putText(picture, "KHOA XN", (200, 170), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (255,), 1, cv2.LINE_AA)
        if clock:
            cv2.putText(picture, clock, (6, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (255,), 1, cv2.LINE_AA)
        noise = random.normal(0, 1.2 if pumped else 2.0, picture.shape)
        return np.asarray(np.clip(picture + noise, 0, 255), np.uint8)


def test_a_live_source_is_not_frozen() -> None:
    source = Source()
    assert max(source.runs(60)) == 0
    assert max(source.runs(60, person=True)) == 0


def test_the_same_unit_again_is_certain() -> None:
    source, unit = Source(), sha256(b"a keyframe").digest()
    scores = [source.check(digest=unit).certain for _ in range(4)]
    assert scores[0] == 0
    assert min(scores[1:]) >= 1


def test_the_same_picture_again_is_certain() -> None:
    source = Source()
    source.check()
    source.number -= 1
    assert source.check(digest=sha256(b"another unit").digest()).certain >= 1


def test_after_a_long_gap_nothing_is_compared() -> None:
    source, unit = Source(), sha256(b"a keyframe").digest()
    source.check(digest=unit)
    assert source.check(digest=unit, after_ms=10 * MINUTE_MS).certain == 0


def test_a_clock_that_stands_is_certain_under_an_encoder_that_pumps() -> None:
    source = Source()
    source.runs(LEARNING)
    stood = source.time()
    scores = [source.check(clock=stood, pumped=True).certain for _ in range(5)]
    assert min(scores[1:]) >= 1


def test_a_clock_stays_known_when_its_hour_and_minutes_go_on() -> None:
    source = Source()
    source.runs(LEARNING)
    source.runs(round(MINUTE_MS / CHECK_MS) * 62)
    source.at_ms += (MINUTE_MS * 10 - source.at_ms) % (MINUTE_MS * 10) - 3 * CHECK_MS
    source.runs(5)  # past a full ten minutes
    stood = source.time()
    assert min([source.check(clock=stood, pumped=True).certain for _ in range(4)][1:]) >= 1


@pytest.mark.parametrize("seconds", [1, 3, 30, 60])
def test_a_clock_runs_at_whatever_intervals_it_is_looked_at(seconds: int) -> None:
    """Somebody looks, once a second; or the monitor has too much to do. Learnt it was at ten seconds."""
    source = Source()
    source.runs(LEARNING)
    scores = []
    for _ in range(40):
        source.at_ms += seconds * 1000 - CHECK_MS
        scores += source.runs(1)
    assert max(scores) == 0


def test_without_a_clock_the_same_is_not_certain() -> None:
    source = Source()
    for _ in range(LEARNING):
        source.check()
    assert max(source.check(pumped=True).certain for _ in range(6)) == 0


def test_a_clock_that_stands_while_people_pass_is_a_broken_clock() -> None:
    source = Source()
    source.runs(LEARNING)
    stood = source.time()
    assert max(source.check(clock=stood, person=True).certain for _ in range(6)) == 0


@pytest.mark.parametrize("caption", [None, "CONG SO 2"])
def test_a_clock_that_is_taken_out_of_the_picture_is_no_freeze(caption: str | None) -> None:
    source = Source()
    source.runs(LEARNING)
    scores = [source.check(clock=caption).certain for _ in range(12)]
    assert max(scores) == 0


def test_it_is_learnt_anew_elsewhere_in_time() -> None:
    source = Source()
    source.runs(LEARNING)
    for _ in range(3):
        source.check()
    assert max(source.runs(LEARNING)) == 0
    stood = source.time()
    assert min([source.check(clock=stood, pumped=True).certain for _ in range(4)][1:]) >= 1


def suspected(source: Source, minutes: int, *, person: bool) -> list[float]:
    return [source.check(person=person, after_ms=MINUTE_MS // 2).suspected for _ in range(2 * minutes)]


def days_with_people(days: int) -> Source:
    """An hour of each, from eight o'clock."""
    source = Source()
    for day in range(days):
        source.at_ms = BEGIN_MS + day * DAY_MS
        suspected(source, 58, person=True)
    source.at_ms = BEGIN_MS + days * DAY_MS
    suspected(source, 5, person=True)
    return source


def test_an_hour_that_is_far_quieter_than_on_other_days_is_suspected_after_ten_minutes() -> None:
    source = days_with_people(2)
    scores = suspected(source, 30, person=False)
    first = next(at for at, score in enumerate(scores) if score >= 1)
    assert 10 <= first / 2 <= 30
    assert min(scores[first:]) >= 1


def test_the_first_day_nothing_is_suspected() -> None:
    assert max(suspected(days_with_people(1), 40, person=False)) == 0


def test_who_passes_ends_it() -> None:
    source = days_with_people(2)
    suspected(source, 30, person=False)
    assert suspected(source, 1, person=True)[0] == 0


def test_an_hour_that_was_always_quiet_is_not_suspected() -> None:
    source = Source()
    for day in range(3):
        source.at_ms = BEGIN_MS + day * DAY_MS
        scores = suspected(source, 58, person=False)
    assert max(scores) == 0
