"""./dev bench camera-pictures: faults of cameras' pictures, found by what each camera had learnt of its view.

Nine generated places (never those that the thresholds were set on), by day and by infrared light, 28 checks
to learn each, then every fault in five severities and everything that looks like one and is none; all of it
really encoded (H.264, one in H.265, one at a low rate) and decoded. Real footage is taken as well where it is
found (tests/cameras/labelled/footage.py). A fault is raised when it stands in two of three checks. Counted
are faults of severity 3 and more, and whatever is raised that is not there, at any severity.
"""

import sys
from collections.abc import Iterator
from itertools import chain
from statistics import median, quantiles

import cv2

from tests.bench.parts.command import options_of, status_of
from tests.bench.parts.verdict import Target, conclude, print_table
from tests.cameras.labelled.camera import Generated, Place
from tests.cameras.labelled.cases import GOOD, benign, faults
from tests.cameras.labelled.footage import NAMES, footage
from tests.cameras.labelled.freezes import frozen_outcomes, minutes_until_suspected
from tests.cameras.labelled.scenes import SCENES
from tests.cameras.labelled.trial import Camera, Outcome, confusion, learnt, outcomes, shares

LEAST_OF_A_CLASS, LEAST_OF_ANY, MOST_FALSE_ALARMS, MOST_MEDIAN_MS = 0.95, 0.98, 0, 6.0
SUSPECTED_IN = ("waiting room", "street", "ward")
QUIET_TO_SUSPICION = (10.0, 30.0)  # minutes
LARGE_WIDTH = 1280


def judged(place: Place, camera: Camera) -> Iterator[Outcome]:
    scene = place.scene
    cases = chain(faults(scene, night=False), faults(scene, night=True), benign(scene))
    yield from outcomes(place, camera, cases)
    for night in (False, True):
        yield from frozen_outcomes(place, camera, night=night)


def results() -> tuple[list[Outcome], list[float]]:
    """And the ms of each look at a picture of 1,280 × 720."""
    found: list[Outcome] = []
    spent: list[float] = []
    places: list[Place] = [Generated(scene) for scene in SCENES if scene.split == "test"]
    real = [*footage()]
    for name in NAMES:
        if name not in {each.path.name for each in real}:
            print(f"notice: {name} is not on this machine; its faults are not shown")
    for place in (*places, *real):
        camera = learnt(place)
        found += judged(place, camera)
        if place.scene.width == LARGE_WIDTH:
            spent += camera.spent_ms
    return found, spent


def suspicions() -> list[dict[str, float | str]]:
    """-1: not within 40 minutes."""
    rows: list[dict[str, float | str]] = []
    for scene in SCENES:
        if scene.name in SUSPECTED_IN:
            stands, lives = (minutes_until_suspected(scene, stands=each) for each in (True, False))
            told = {"stands: suspected after min": stands, "lives: suspected after min": lives}
            rows.append({"place": scene.name, **{name: -1 if m is None else m for name, m in told.items()}})
    return rows


async def bench() -> bool:
    """Whether all targets were met."""
    cv2.setNumThreads(1)  # as in the worker
    found, spent = results()
    suspected = suspicions()
    rows, matrix = shares(found), confusion(found)
    print_table(matrix)
    severe = [each for each in found if each.case.severe]
    alarmed = [each for each in found if each.case.label == GOOD and each.raised]
    for each in found:
        wrong = each.raised - {each.case.label}
        if wrong or (each.case.severe and each.case.label not in each.raised):
            print(("wrong: " if wrong else "missed: ") + str(each))
    print_table([{"fault": row.fault, "recall": row.recall, "precision": row.precision} for row in rows])
    print_table(suspected)
    print_table(
        [{"looks at 720p": len(spent), "median ms": median(spent), "p95 ms": quantiles(spent, n=20)[-1]}]
    )
    in_time = sum(
        QUIET_TO_SUSPICION[0] <= float(row["stands: suspected after min"]) <= QUIET_TO_SUSPICION[1]
        for row in suspected
    )
    targets = [
        *(Target(f"recall of {row.fault}", row.recall, LEAST_OF_A_CLASS, at_least=True) for row in rows),
        *(
            Target(f"precision of {row.fault}", row.precision, LEAST_OF_A_CLASS, at_least=True)
            for row in rows
        ),
        Target(
            "any fault raised",
            sum(map(bool, (each.raised for each in severe))) / len(severe),
            LEAST_OF_ANY,
            True,
        ),
        Target("false alarms on benign pictures", len(alarmed), MOST_FALSE_ALARMS, at_least=False),
        Target("freezes suspected in 10 to 30 minutes", in_time, len(suspected), at_least=True),
        Target(
            "freezes suspected of live sources",
            sum(row["lives: suspected after min"] != -1 for row in suspected),
            0,
            False,
        ),
        Target("median ms of a look at 720p", median(spent), MOST_MEDIAN_MS, at_least=False),
    ]
    return conclude(targets, {"confusion": matrix, "suspected": suspected})


def main() -> int:
    asked = options_of(__doc__ or "").parse_args()
    return status_of(bench, check=asked.check)


if __name__ == "__main__":
    sys.exit(main())
