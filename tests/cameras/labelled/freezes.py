"""Sources that stand still while frames come: made before the encoder, as they happen."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from tests.cameras.labelled.camera import Generated, Place, picture
from tests.cameras.labelled.cases import CHECKS, Case
from tests.cameras.labelled.coding import Coder, Decoded
from tests.cameras.labelled.conditions import Conditions
from tests.cameras.labelled.scenes import Scene
from tests.cameras.labelled.trial import LEARNING, Camera, Outcome, raised

STEADY_RATE, GROUP = 300_000, 12  # an encoder that holds its rate never gives the same picture twice
DAY_MS, HALF_MINUTE_MS = 86_400_000, 30_000
KNOWN_DAYS, CHECKS_A_DAY, CHECKS_BEFORE, CHECKS_AFTER = 2, 60, 10, 80
POOL, HELD_POOL = 16, 6


def frozen_outcomes(place: Place, camera: Camera, *, night: bool) -> Iterator[Outcome]:
    """Severity 5: the same access unit again; 4: the same picture, through one quantiser; 3: a clock that
    stands, under an encoder that holds its rate; 2: without a clock, which is only ever suspected."""
    clear = replace(place.scene, bit_rate=0)
    again = [*_shown(place, Coder(clear), night=night, held=0)]
    yield _outcome(place, camera, 5, "same unit", [*again[:2], *again[1:2] * CHECKS], night=night)
    same = [*_shown(place, Coder(clear, constant=True), night=night, held=CHECKS + 1)]
    yield _outcome(place, camera, 4, "same picture", same, night=night)
    steady = Coder(replace(clear, codec="libx264"), GROUP, STEADY_RATE)
    stands = [*_shown(place, steady, night=night, held=CHECKS + 1)]
    yield _outcome(place, camera, 3 if place.scene.clock else 2, "source stands", stands, night=night)


def _shown(place: Place, coder: Coder, *, night: bool, held: int) -> Iterator[Decoded]:
    """Two keyframes of a live source, then so many of one that stands."""
    for check in range(2 + held):
        conditions = Conditions(night=night, held=check >= 2)
        yield coder.keyframe(picture(place, conditions, 2 * LEARNING + check, 7000))


def _outcome(
    place: Place, camera: Camera, severity: int, what: str, shown: Sequence[Decoded], *, night: bool
) -> Outcome:
    twin = camera.twin()
    scores = tuple(twin.check(each) for each in shown)
    case = Case("frozen", what, severity, (Conditions(night=night),) * len(shown))
    return Outcome(place.scene.name, case, raised(scores), scores)


def minutes_until_suspected(scene: Scene, *, stands: bool) -> float | None:
    """Half an hour on each of two days without a clock in the picture; on the third five minutes more, and
    then a source that stands (or, unless ``stands``, goes on as before). None: not within 40 minutes."""
    place = Generated(replace(scene, clock=False, codec="libx264", bit_rate=0))
    coder, random = Coder(place.scene, GROUP, STEADY_RATE), np.random.default_rng(scene.seed)
    live = [coder.keyframe(picture(place, Conditions(), check, 8000)) for check in range(POOL)]
    held = [coder.keyframe(picture(place, Conditions(held=True), 0, 8001)) for _ in range(HELD_POOL)]
    camera = Camera()
    for day in range(KNOWN_DAYS + 1):
        for check in range(CHECKS_A_DAY if day < KNOWN_DAYS else CHECKS_BEFORE):
            after_ms = DAY_MS - CHECKS_A_DAY * HALF_MINUTE_MS if check == 0 and day else HALF_MINUTE_MS
            camera.check(live[int(random.integers(POOL))], after_ms)
    for check in range(1, CHECKS_AFTER + 1):
        shown = held[check % HELD_POOL] if stands else live[int(random.integers(POOL))]
        if camera.check(shown, HALF_MINUTE_MS)["frozen_suspected"] >= 1:
            return check * HALF_MINUTE_MS / 60_000
    return None
