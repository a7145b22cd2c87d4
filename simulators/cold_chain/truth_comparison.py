"""A truth file beside the incidents of a hub: what it missed, what it made up, what it tells otherwise."""

import http.client
import json
import time
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

PAGE = 1000
ANSWER_SECONDS = 60.0
AGAIN_SECONDS = 1.0
TOLD_SECONDS = 5.0
SHOWN = 10


class Series(NamedTuple):
    """Where a rule looks."""

    device: str
    metric: str
    rule: str


class Bounds(NamedTuple):
    """ISO 8601 in UTC with milliseconds; ``cleared`` None: it was going on at the end."""

    start: str
    raised: str
    cleared: str | None


class CannotCompare(Exception):
    """The truth cannot be read, or the hub does not answer; the text says what."""


@dataclass
class Truth:
    """What a file says in the end. ``since`` and ``until``: between them a unit's excursions are known."""

    since: dict[str, str] = field(default_factory=dict)
    until: dict[str, str] = field(default_factory=dict)
    watched: set[Series] = field(default_factory=set)
    excursions: defaultdict[Series, set[Bounds]] = field(default_factory=lambda: defaultdict(set))
    faults: Counter[str] = field(default_factory=Counter)
    readings: int = 0


@dataclass
class Comparison:
    """``outside``: incidents from before or after the truth, or by rules that it does not know."""

    same: Counter[str] = field(default_factory=Counter)
    missed: list[tuple[Series, Bounds]] = field(default_factory=list)
    false: list[tuple[Series, Bounds]] = field(default_factory=list)
    different: list[tuple[Series, Bounds, Bounds]] = field(default_factory=list)
    outside: int = 0

    @property
    def wrong(self) -> int:
        return len(self.missed) + len(self.false) + len(self.different)

    def lines(self) -> Iterator[str]:
        """For people: what differs, then the counts."""
        for name, found in (("missed", self.missed), ("false", self.false)):
            yield from (f"{name}: {_shown(series)} {_bounds(one)}" for series, one in found[:SHOWN])
        for series, true, told in self.different[:SHOWN]:
            yield f"different: {_shown(series)} true {_bounds(true)}, told {_bounds(told)}"
        rules = ", ".join(f"{rule} {count}" for rule, count in sorted(self.same.items()))
        yield f"same: {self.same.total()} ({rules})" if rules else "same: 0"
        yield (
            f"missed: {len(self.missed)}, false: {len(self.false)}, different: {len(self.different)}; "
            f"outside the truth: {self.outside}"
        )


def read_truth(path: Path) -> Truth:
    """Fold the lines of a file; raises CannotCompare."""
    truth = Truth()
    found: dict[tuple[Series, str], Bounds] = {}
    try:
        with path.open(encoding="utf-8") as file:
            for text in file:
                _fold(json.loads(text), truth, found)
    except (OSError, ValueError, KeyError) as error:
        raise CannotCompare(f"{path}: {error}") from error
    if not truth.watched:
        raise CannotCompare(f"{path}: no unit stands in it")
    for (series, _), one in found.items():
        truth.excursions[series].add(one)
    return truth


def _fold(record: dict[str, Any], truth: Truth, found: dict[tuple[Series, str], Bounds]) -> None:
    match record["kind"]:
        case "unit":
            truth.watched.update(Series(record["device"], *name.split()) for name in record["rules"])
            for known in [known for known in found if known[0].device == record["device"]]:
                del found[known]  # of an earlier run into the same file
        case "fault":
            truth.faults[record["fault"]] += 1
        case "excursion":
            series = Series(record["device"], record["metric"], record["rule"])
            if record.get("gone"):
                found.pop((series, record["start"]), None)
            else:
                one = Bounds(record["start"], record["raised"], record["cleared"])
                found[series, one.start] = one
        case "until":
            truth.since[record["device"]], truth.until[record["device"]] = record["since"], record["until"]
        case "counts":
            truth.readings = record["readings"]


def compare(truth: Truth, url: str, key: str = "") -> Comparison:
    """With the incidents of the hub at ``url`` as they stand now; raises CannotCompare."""
    result = Comparison()
    told: defaultdict[Series, set[Bounds]] = defaultdict(set)
    for item in _incidents(url, key):
        series = Series(item["device"], item["metric"], item["kind"])
        if item["withdrawn"] or item["merged_into"]:
            continue
        if series not in truth.watched or not _inside(truth, item, series.device):
            result.outside += 1
            continue
        over = item["cleared"] and item["cleared"] <= truth.until[series.device]
        told[series].add(Bounds(item["time"], item["raised"], item["cleared"] if over else None))
    for series in truth.watched:
        _beside(series, set(truth.excursions.get(series, ())), told[series], result)
    return result


def _inside(truth: Truth, item: dict[str, Any], device: str) -> bool:
    """Of a unit whose truth was never told, nothing is."""
    since, until = truth.since.get(device), truth.until.get(device)
    return bool(since and until and since <= item["time"] and item["raised"] <= until)


def _beside(series: Series, true: set[Bounds], told: set[Bounds], result: Comparison) -> None:
    result.same[series.rule] += len(true & told)
    left = sorted(told - true, key=_order)
    for one in sorted(true - told, key=_order):
        other = next((each for each in left if _meet(one, each)), None)
        if other is None:
            result.missed.append((series, one))
        else:
            left.remove(other)
            result.different.append((series, one, other))
    result.false += [(series, one) for one in left]


def _order(one: Bounds) -> str:
    return one.start


def _meet(one: Bounds, other: Bounds) -> bool:
    first, second = sorted((one, other), key=_order)
    return first.start == second.start or first.cleared is None or first.cleared > second.start


def compared_in_time(
    truth: Truth, url: str, key: str, wait_seconds: float, notice: Callable[[str], None]
) -> Comparison:
    """The first comparison without a difference, or the last one in the time; a hub may still be judging."""
    end, told = time.monotonic() + wait_seconds, time.monotonic()
    while True:
        result = compare(truth, url, key)
        if not result.wrong or time.monotonic() >= end:
            return result
        if time.monotonic() - told >= TOLD_SECONDS:
            told = time.monotonic()
            notice(f"{result.wrong} differ, the hub may still be judging, {end - told:.0f} s left")
            notice(next(result.lines()))
        time.sleep(AGAIN_SECONDS)


def _incidents(url: str, key: str) -> Iterator[dict[str, Any]]:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    cursor = ""
    while True:
        request = urllib.request.Request(f"{url}/api/v1/alarms?limit={PAGE}{cursor}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:
                page = json.load(answer)
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise CannotCompare(f"{url}: {error}") from error
        yield from page["items"]
        if not page["next_cursor"]:
            return
        cursor = f"&cursor={page['next_cursor']}"


def _shown(series: Series) -> str:
    return f"{series.device} {series.rule} ({series.metric})"


def _bounds(one: Bounds) -> str:
    return f"{one.start} raised {one.raised} cleared {one.cleared or '-'}"
