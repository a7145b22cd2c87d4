"""The labelled set: every fault in five severities, and everything that looks like one and is none.

Severity 3 is where somebody who looks at the picture would call for repair; 1 is what nobody would notice.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from tests.cameras.labelled.conditions import Card, Conditions, Cover, Stripe
from tests.cameras.labelled.scenes import Scene

SEVERE = 3
CHECKS = 4
GOOD = "good"

LIGHT_LEFT = (0.35, 0.2, 0.08, 0.03, 0.0)
TOO_MUCH_LIGHT = (1.4, 2.0, 4.0, 6.0, 10.0)
DEFOCUS = tuple(radius / 1280 for radius in (1.5, 3.5, 6, 10, 16))
COVERED = (0.08, 0.18, 0.35, 0.6, 0.9)
SHIFTED = (0.006, 0.02, 0.06, 0.15, 0.25)
TURNED = (1.0, 2.5, 6.0, 15.0, 45.0)
ZOOMED = (1.02, 1.05, 1.2, 1.5, 2.0)
CAST = (5, 10, 20, 30, 45)
STRIPES = (2, 5, 12, 25, 45)
KINDS_OF_STRIPES: tuple[Stripe, ...] = ("across", "upright", "slanted", "lines")
COVERS: tuple[Cover, ...] = ("hand", "paint", "leaf")
CARDS: tuple[Card, ...] = ("blue", "bars", "grey")


@dataclass(frozen=True, slots=True)
class Case:
    """``label``: a fault, or "good"; ``what`` says more; ``checks``: conditions from its onset on."""

    label: str
    what: str
    severity: int
    checks: tuple[Conditions, ...]

    @property
    def severe(self) -> bool:
        return self.severity >= SEVERE


def faults(scene: Scene, *, night: bool) -> Iterator[Case]:
    """Of one scene and light; what must differ from scene to scene follows from the scene's seed."""
    random = np.random.default_rng((scene.seed, night))
    for severity in range(1, 6):
        for label, what, conditions in _at(severity, random, night=night):
            seeded = replace(conditions, night=night, seed=int(random.integers(1 << 30)))
            yield Case(label, what, severity, (seeded,) * CHECKS)


def _at(severity: int, random: np.random.Generator, *, night: bool) -> Iterator[tuple[str, str, Conditions]]:
    index = severity - 1
    yield "black", "", Conditions(exposure=LIGHT_LEFT[index])
    yield "over_exposed", "", Conditions(exposure=TOO_MUCH_LIGHT[index])
    yield "blur", "", Conditions(defocus=DEFOCUS[index])
    cover = COVERS[(index + int(random.integers(3))) % 3]
    yield "covered", cover, Conditions(cover=cover, covered=COVERED[index])
    yield "moved", *_moved(index, random)
    stripe = KINDS_OF_STRIPES[(index + int(random.integers(4))) % 4]
    yield "stripes", stripe, Conditions(stripes=stripe, amplitude=STRIPES[index])
    if severity >= SEVERE:
        card = CARDS[severity - SEVERE]
        yield "no_signal", card, Conditions(card=card)
    if not night:
        yield "colour_cast", "", Conditions(cast=CAST[index])


def _moved(index: int, random: np.random.Generator) -> tuple[str, Conditions]:
    sign = 1 if random.random() < 0.5 else -1
    kind = random.integers(0, 4 if index >= SEVERE - 1 else 3)
    if kind == 0:
        return "turned", Conditions(angle=sign * TURNED[index])
    if kind == 1:
        return "zoomed", Conditions(zoom=ZOOMED[index])
    if kind == 2:
        return "shifted", Conditions(shift=(sign * SHIFTED[index], SHIFTED[index] / 3))
    return "flipped", Conditions(flipped=True)


def benign(scene: Scene) -> Iterator[Case]:
    """Hard negatives; each lasts as long as a fault does, unless it passes by."""
    day, night = Conditions(), Conditions(night=True)
    for light, name in ((day, "day"), (night, "night")):
        for what, conditions in _harmless(light, scene):
            yield Case(GOOD, f"{what}, {name}", 0, conditions)
    yield Case(GOOD, "night falls", 0, (day, night, night, night))
    yield Case(GOOD, "day breaks", 0, (night, day, day, day))
    yield Case(GOOD, "headlights", 0, (replace(night, headlight=170),) * CHECKS)
    yield Case(GOOD, "sun", 0, (replace(day, sun=70),) * CHECKS)
    yield Case(GOOD, "white balance", 0, (replace(day, cast=6, seed=scene.seed),) * CHECKS)


def _harmless(light: Conditions, scene: Scene) -> Iterator[tuple[str, tuple[Conditions, ...]]]:
    yield "nothing", (light,) * CHECKS
    yield "lights off", (light, *(replace(light, lamps=-0.9, noise=1.5),) * 3)
    yield "lights on", (light, *(replace(light, lamps=0.5),) * 3)
    yield "brighter", (replace(light, exposure=1.25),) * CHECKS
    yield "darker", (replace(light, exposure=0.45),) * CHECKS
    yield "crowd", (replace(light, crowd=0.4),) * CHECKS
    yield "trolley", (light, replace(light, near=0.5), light, light)
    yield "rain", (replace(light, rain=350),) * CHECKS
    yield "sway", (replace(light, sway=4 / 1280),) * CHECKS
    yield "gain", (replace(light, noise=4.0, exposure=0.8),) * CHECKS
    yield "slightly soft", (replace(light, defocus=1.2 / 1280),) * CHECKS
    yield "gamma 0.65", (replace(light, gamma=0.65),) * CHECKS
    yield "gamma 1.5", (replace(light, gamma=1.5),) * CHECKS
    if scene.clock:
        yield "caption", (light, *(replace(light, caption="CAM 11 CONG SO 2"),) * 3)
        yield "clock moves", (light, *(replace(light, caption_at_the_foot=True),) * 3)
        yield "clock gone", (light, *(replace(light, clock=False),) * 3)
