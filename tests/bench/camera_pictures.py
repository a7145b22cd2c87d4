"""./dev bench camera-pictures: faults of cameras' pictures, found by what each camera had learnt of its view.

Nine generated places (never those that the thresholds were set on), by day and by infrared light, 28 checks
to learn each, then every fault in five severities and everything that looks like one and is none; all of it
really encoded (H.264, one in H.265, one at a low rate) and decoded. Real footage is taken as well where it is
found (tests/cameras/labelled/footage.py). A fault is raised when it stands in two of three checks. Counted
are faults of severity 3 and more, and whatever is raised that is not there, at any severity.
"""

import sys
from concurrent.futures import Executor, ProcessPoolExecutor
from itertools import chain
from multiprocessing import get_context
from statistics import median, quantiles

import cv2

from tests.bench.parts.command import options_of, status_of
from tests.bench.parts.verdict import Target, conclude, print_table
from tests.cameras.labelled.camera import Generated, Place
from tests.cameras.labelled.cases import GOOD, benign, faults
from tests.cameras.labelled.footage import NAMES, footage
from tests.cameras.labelled.freezes import frozen_outcomes, minutes_until_suspected
from tests.cameras.labelled.scenes import SCENES, Scene
from tests.cameras.labelled.trial import Outcome, confusion, learnt, outcomes, shares

LEAST_OF_A_CLASS, LEAST_OF_ANY, MOST_FALSE_ALARMS, MOST_MEDIAN_MS = 0.95, 0.98, 0, 6.0
SUSPECTED_IN = ("waiting room", "street", "ward")
QUIET_TO_SUSPICION = (10.0, 30.0)  # minutes
LARGE_WIDTH = 1280
PROCESSES = 2
STANDS, LIVES = "stands: suspected after min", "lives: suspected after min"


def judged(place: Place) -> tuple[list[Outcome], list[float]]:
    """And the ms of processor time of each look, where the picture is one of 1,280 × 720."""
    cv2.setNumThreads(1)  # as in the worker
    camera, scene = learnt(place), place.scene
    cases = chain(faults(scene, night=False), faults(scene, night=True), benign(scene))
    found = [*outcomes(place, camera, cases)]
    for night in (False, True):
        found += frozen_outcomes(place, camera, night=night)
    return found, camera.spent_ms if scene.width == LARGE_WIDTH else []


def results(pool: Executor) -> tuple[list[Outcome], list[float]]:
    """Of all places, real ones too."""
    real = [*footage()]
    for name in NAMES:
        if name not in {each.path.name for each in real}:
            print(f"notice: {name} is not on this machine; its faults are not shown")
    places: list[Place] = [*(Generated(scene) for scene in SCENES if scene.split == "test"), *real]
    places.sort(key=lambda place: (place.scene.width, place.scene.codec), reverse=True)  # the longest first
    both = [*pool.map(judged, places)]
    return [each for found, _ in both for each in found], [ms for _, spent in both for ms in spent]


def suspicions(pool: Executor) -> list[dict[str, float | str]]:
    """-1: not within 40 minutes."""
    return [*pool.map(suspicion, [scene for scene in SCENES if scene.name in SUSPECTED_IN])]


def suspicion(scene: Scene) -> dict[str, float | str]:
    stands, lives = (minutes_until_suspected(scene, stands=each) for each in (True, False))
    told = {STANDS: stands, LIVES: lives}
    return {"place": scene.name, **{name: -1 if m is None else m for name, m in told.items()}}


def targets_of(found: list[Outcome], suspected: list[dict[str, float | str]]) -> list[Target]:
    severe = [each for each in found if each.case.severe]
    alarmed = sum(bool(each.raised) for each in found if each.case.label == GOOD)
    raised = sum(bool(each.raised) for each in severe) / len(severe)
    least, most = QUIET_TO_SUSPICION
    in_time = sum(least <= float(row[STANDS]) <= most for row in suspected)
    too_soon = sum(row[LIVES] != -1 for row in suspected)
    rows = shares(found)
    return [
        *(Target(f"recall of {row.fault}", row.recall, LEAST_OF_A_CLASS, at_least=True) for row in rows),
        *(
            Target(f"precision of {row.fault}", row.precision, LEAST_OF_A_CLASS, at_least=True)
            for row in rows
        ),
        Target("any fault raised", raised, LEAST_OF_ANY, at_least=True),
        Target("false alarms on benign pictures", alarmed, MOST_FALSE_ALARMS, at_least=False),
        Target("freezes suspected in 10 to 30 minutes", in_time, len(suspected), at_least=True),
        Target("freezes suspected of live sources", too_soon, 0, at_least=False),
    ]


async def bench() -> bool:
    """Whether all targets were met."""
    with ProcessPoolExecutor(PROCESSES, get_context("spawn")) as pool:
        found, spent = results(pool)
        suspected = suspicions(pool)
    matrix = confusion(found)
    print_table(matrix)
    for each in found:
        wrong = each.raised - {each.case.label}
        if wrong or (each.case.severe and each.case.label not in each.raised):
            print("wrong: " if wrong else "missed:", each)
    print_table(suspected)
    p95 = quantiles(spent, n=20)[-1]
    print_table([{"looks at 720p": len(spent), "median CPU ms": median(spent), "p95 CPU ms": p95}])
    cost = Target("median CPU ms of a look at 720p", median(spent), MOST_MEDIAN_MS, at_least=False)
    return conclude([*targets_of(found, suspected), cost], {"confusion": matrix, "suspected": suspected})


def main() -> int:
    asked = options_of(__doc__ or "").parse_args()
    return status_of(bench, check=asked.check)


if __name__ == "__main__":
    sys.exit(main())
