"""A camera that learns a place by day and by night, and is then shown cases, each from there on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from time import thread_time

from adapters.cameras.quality.judgement import FAULTS, look
from tests.cameras.labelled.camera import Place, picture
from tests.cameras.labelled.cases import GOOD, Case
from tests.cameras.labelled.coding import Coder, Decoded
from tests.cameras.labelled.conditions import Conditions

LEARNING = 28  # checks by day, and as many by night
CHECK_MS = 10_000
BEGIN_MS = 1_628_150_400_000  # 2021-08-05 08:00 UTC


@dataclass(slots=True)
class Camera:
    """What the monitor holds of one camera, and the processor time of each look."""

    memory: bytes = b""
    at_ms: int = BEGIN_MS
    learning: bool = True
    spent_ms: list[float] = field(default_factory=list)

    def check(self, shown: Decoded, after_ms: int = CHECK_MS) -> dict[str, float]:
        """Scores of one keyframe."""
        self.at_ms += after_ms
        began = thread_time()
        verdict = look(shown.planes, self.memory, self.at_ms, shown.digest)
        self.spent_ms.append((thread_time() - began) * 1000)
        self.memory, self.learning = verdict.memory, verdict.learning
        return verdict.scores

    def twin(self) -> "Camera":
        """Another one that knows the same; what it spends is counted together."""
        return Camera(self.memory, self.at_ms, self.learning, self.spent_ms)


@dataclass(frozen=True, slots=True)
class Outcome:
    """``raised``: faults that stood in two of three checks."""

    place: str
    case: Case
    raised: frozenset[str]
    scores: tuple[dict[str, float], ...]

    @property
    def night(self) -> bool:
        return self.case.checks[-1].night

    def __str__(self) -> str:
        told = [
            {name: round(score, 2) for name, score in each.items() if score > 0.5} for each in self.scores
        ]
        light = "night" if self.night else "day"
        what = f"{self.case.label} {self.case.severity} {self.case.what}".strip()
        return f"{self.place}, {light}, {what}: raised {sorted(self.raised) or 'nothing'}; {told}"


def learnt(place: Place) -> Camera:
    """By day first, then by night. Raises AssertionError where good pictures raise a fault meanwhile."""
    camera, coder = Camera(), Coder(place.scene)
    for night in (False, True):
        for check in range(LEARNING):
            image = picture(place, Conditions(night=night), check + LEARNING * night, 0)
            scores = camera.check(coder.keyframe(image))
            assert max(scores.values()) < 1, (place.scene.name, night, check, scores)
    return camera


def outcomes(place: Place, camera: Camera, cases: Iterator[Case]) -> Iterator[Outcome]:
    for number, case in enumerate(cases, 1):
        shown, coder = camera.twin(), Coder(place.scene)
        scores = tuple(
            shown.check(coder.keyframe(picture(place, conditions, 2 * LEARNING + check, number)))
            for check, conditions in enumerate(case.checks)
        )
        yield Outcome(place.scene.name, case, raised(scores), scores)


def raised(scores: Sequence[dict[str, float]]) -> frozenset[str]:
    """Two of three checks in a row, as somebody would do who had not seen ours."""
    hits = {fault: [each[fault] >= 1 for each in scores] for fault in FAULTS}
    return frozenset(
        fault for fault, hit in hits.items() if any(sum(hit[at : at + 3]) > 1 for at in range(len(hit)))
    )


@dataclass(frozen=True, slots=True)
class Share:
    """Of one fault, at severity 3 and more; anything it was raised for that is not it is ``false``."""

    fault: str
    found: int
    missed: int
    false: int

    @property
    def recall(self) -> float:
        return self.found / max(1, self.found + self.missed)

    @property
    def precision(self) -> float:
        return self.found / max(1, self.found + self.false)


def shares(results: Sequence[Outcome]) -> list[Share]:
    severe = [each for each in results if each.case.severe]
    return [
        Share(
            fault,
            sum(fault in each.raised for each in severe if each.case.label == fault),
            sum(fault not in each.raised for each in severe if each.case.label == fault),
            sum(fault in each.raised for each in results if each.case.label != fault),
        )
        for fault in FAULTS
        if any(each.case.label == fault for each in severe)
    ]


def confusion(results: Sequence[Outcome]) -> list[dict[str, float | str]]:
    """A row for each label at severity 3 and more, and for what is good; a column for each fault raised."""
    rows: list[dict[str, float | str]] = []
    for label in (*FAULTS, GOOD):
        shown = [each for each in results if each.case.label == label and (each.case.severe or label == GOOD)]
        if shown:
            counted = {fault: sum(fault in each.raised for each in shown) for fault in FAULTS}
            nothing = sum(not each.raised for each in shown)
            rows.append({"shown": label, "cases": len(shown), **counted, "nothing": nothing})
    return rows
