"""A truth file beside the log of a hub: which faults it saw, how soon, and what it made up."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from simulators.cameras.clip_plans import PICTURE_FAULTS
from simulators.cameras.expected_words import faults_of, reasons_of
from simulators.cameras.fault_episodes import Episode
from simulators.hub_log import CannotCompare

TELLING = "camera.health.v1"
BEFORE_SECONDS = 1.0  # clocks of two processes, and a picture that was on its way
LATER_SECONDS = 5.0  # until what happened stands in the log
# After its end: waits between logins are longest (60 s, and a quarter more), then those after other losses.
BACK_SECONDS = 90.0
CLEARING_CHECKS = 8.0
SHOWN = 20


@dataclass(frozen=True, slots=True)
class Lived:
    """An episode in seconds since 1970; ``ended`` of one that happens once is when it began."""

    episode: Episode
    began: float
    ended: float
    back: float

    def covers(self, at: float) -> bool:
        """Whether a camera may still be ill from it."""
        return self.began - BEFORE_SECONDS <= at <= self.back


@dataclass
class CameraFacts:
    """What was true. ``checks``: seconds between two looks at a camera's pictures."""

    checks: dict[str, float] = field(default_factory=dict)
    lived: list[Lived] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Telling:
    """One event of a hub's log."""

    device: str
    at: float
    state: str
    reason: str
    faults: frozenset[str]


@dataclass
class CameraComparison:
    """``seen``: seconds until it was told, by fault; ``wrong``: everything missed and made up, in words."""

    cameras: int
    episodes: int
    tellings: int
    seen: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    missed: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """For people."""
        yield from self.wrong[:SHOWN]
        if len(self.wrong) > SHOWN:
            yield f"… and {len(self.wrong) - SHOWN} more"
        for fault in sorted({*self.seen, *self.missed}):
            times = sorted(self.seen.get(fault, ()))
            told = f"{times[len(times) // 2]:6.1f} s, at most {times[-1]:6.1f} s" if times else ""
            yield f"{fault:18} seen {len(times):4} of {len(times) + self.missed[fault]:4} {told}"
        yield f"cameras: {self.cameras}, faults: {self.episodes}, tellings: {self.tellings:,}"
        yield f"differences: {len(self.wrong)}"


def read_facts(path: Path) -> CameraFacts:
    """The lines of a file of one run; raises CannotCompare."""
    facts, begun = CameraFacts(), {}
    try:
        for line in path.read_text("utf-8").splitlines():
            told = json.loads(line)
            match told["kind"]:
                case "camera":
                    facts.checks[told["device"]] = told["check_seconds"]
                case "begins":
                    begun[told["number"]] = told
                case "ends":
                    facts.lived.append(_lived(begun.pop(told["number"]), told["at"], facts.checks))
    except (OSError, ValueError, KeyError) as error:
        raise CannotCompare(f"{path}: {error}") from error
    if not facts.checks:
        raise CannotCompare(f"{path}: no camera stands in it")
    facts.lived += [_lived(told, None, facts.checks) for told in begun.values()]
    return facts


def _lived(told: dict[str, Any], ended: str | None, checks: dict[str, float]) -> Lived:
    episode = Episode(told["device"], told["fault"], 0, 0, told["how"])
    began = _seconds(told["at"])
    until = _seconds(ended) if ended else float("inf")
    after = BACK_SECONDS if reasons_of(episode) else CLEARING_CHECKS * checks[episode.camera] + LATER_SECONDS
    return Lived(episode, began, until, until + after)


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def tellings_of(events: Iterable[dict[str, Any]], facts: CameraFacts) -> list[Telling]:
    """What a log says of the cameras of the truth, in the order of its times."""
    found = [
        Telling(
            event["device"], _seconds(event["time"]), data["state"], data["reason"], frozenset(data["faults"])
        )
        for event in events
        if event["type"] == TELLING and event["device"] in facts.checks and (data := event["data"])
    ]
    return sorted(found, key=lambda telling: telling.at)


def compared(facts: CameraFacts, tellings: Sequence[Telling]) -> CameraComparison:
    """Every fault that was long enough to be seen, and every telling that none explains."""
    result = CameraComparison(len(facts.checks), len(facts.lived), len(tellings))
    by_camera: dict[str, list[Telling]] = defaultdict(list)
    for telling in tellings:
        by_camera[telling.device].append(telling)
    for lived in facts.lived:
        _look_for(lived, by_camera[lived.episode.camera], result)
    for camera in facts.checks:
        mine = [lived for lived in facts.lived if lived.episode.camera == camera]
        result.wrong += _made_up(camera, mine, by_camera[camera])
    return result


def _look_for(lived: Lived, tellings: Sequence[Telling], result: CameraComparison) -> None:
    reasons, faults = reasons_of(lived.episode), faults_of(lived.episode)
    if not reasons and not faults:
        return
    end = lived.ended + LATER_SECONDS
    within = [each for each in tellings if lived.began - BEFORE_SECONDS <= each.at <= end]
    for telling in within:
        if faults & telling.faults or (telling.state == "OFFLINE" and telling.reason in reasons):
            result.seen[lived.episode.fault].append(max(0.0, telling.at - lived.began))
            return
    result.missed[lived.episode.fault] += 1
    told = sorted({each.reason for each in within}) or ["nothing"]
    result.wrong.append(f"{lived.episode.camera}: {lived.episode.fault}, told {', '.join(told)}")


def _made_up(camera: str, lived: Sequence[Lived], tellings: Sequence[Telling]) -> Iterator[str]:
    """From the moment on that it was first seen: before, nothing is known of it."""
    known = False
    for telling in tellings:
        known = known or telling.state == "ONLINE"
        if not known:
            continue
        around = [each.episode for each in lived if each.covers(telling.at)]
        if telling.state == "OFFLINE" and not any(map(reasons_of, around)):
            yield f"{camera}: OFFLINE ({telling.reason}) of nothing"
        explained = frozenset[str]().union(*map(faults_of, around))
        others = {each.fault for each in around}
        if strange := _strange(telling, explained, others):
            yield f"{camera}: {', '.join(sorted(strange))} of {', '.join(sorted(others)) or 'nothing'}"


def _strange(telling: Telling, explained: frozenset[str], others: set[str]) -> set[str]:
    """Faults of the picture that none explains; while another one stands its name is judged, not its kind."""
    pictures = telling.faults & {*PICTURE_FAULTS, "frozen_suspected"}
    if others & {*PICTURE_FAULTS}:
        return set()
    return set(pictures - explained)
