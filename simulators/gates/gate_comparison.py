"""A truth file beside the log and the zones of a hub: what it lost, doubled, or decided otherwise."""

import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simulators.hub_log import CannotCompare, asked, events

AGAIN_SECONDS = 1.0
SHOWN = 10
# What a second show of one person may be answered with; it moves nothing.
MOVES_NOTHING = frozenset({"duplicate"})
PASSBACK = "passage.same_direction"
Key = tuple[str, str]  # device, decision


@dataclass
class Truth:
    """Of one run. ``unsettled``: first shows of which nobody knows whether they reached the hub."""

    zones: dict[str, str] = field(default_factory=dict)
    decisions: Counter[Key] = field(default_factory=Counter)
    reasons: dict[Key, set[str]] = field(default_factory=lambda: defaultdict(set))
    again: Counter[str] = field(default_factory=Counter)
    unsettled: Counter[str] = field(default_factory=Counter)
    people: set[tuple[int, str]] = field(default_factory=set)
    inside: dict[str, int] = field(default_factory=dict)
    shows: int = 0


@dataclass
class Told:
    """What a hub has. ``inferred``: passages that no sensor saw; ``doubled``: scans that passed twice;
    ``zones``: who is inside by the passages of the log, ``counted``: as the hub counts."""

    decisions: Counter[Key] = field(default_factory=Counter)
    strange: list[tuple[Key, str]] = field(default_factory=list)
    passages: Counter[str] = field(default_factory=Counter)
    visits: set[str] = field(default_factory=set)
    inferred: int = 0
    doubled: list[str] = field(default_factory=list)
    zones: dict[str, int] = field(default_factory=dict)
    counted: dict[str, int] = field(default_factory=dict)


@dataclass
class Comparison:
    """``wrong``: every difference in words; empty when all is well."""

    truth: Truth
    told: Told
    wrong: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """For people: what differs, then the counts."""
        yield from self.wrong[:SHOWN]
        if len(self.wrong) > SHOWN:
            yield f"… and {len(self.wrong) - SHOWN} more"
        told, passages = self.told.decisions, self.told.passages.total()
        kinds = Counter[str]()
        for (_, decision), count in told.items():
            kinds[decision] += count
        yield f"shown: {self.truth.shows:,} codes at {len(self.truth.zones)} gates"
        yield f"decided: {', '.join(f'{name} {count:,}' for name, count in sorted(kinds.items()))}"
        yield f"passages: {passages:,}, of them inferred {self.told.inferred:,}"
        yield f"differences: {len(self.wrong)}"


def read_truth(path: Path) -> Truth:
    """Fold the lines of a file of one run; raises CannotCompare."""
    truth = Truth()
    open_shows: dict[int, str] = {}
    try:
        with path.open(encoding="utf-8") as file:
            for text in file:
                _fold(json.loads(text), truth, open_shows)
    except (OSError, ValueError, KeyError) as error:
        raise CannotCompare(f"{path}: {error}") from error
    if not truth.zones:
        raise CannotCompare(f"{path}: no gate stands in it")
    truth.unsettled.update(open_shows.values())
    return truth


def _fold(record: dict[str, Any], truth: Truth, open_shows: dict[int, str]) -> None:
    match record["kind"]:
        case "gate":
            truth.zones[record["device"]] = record["zone"]
        case "shown" if record["again"]:
            truth.again[record["device"]] += 1
        case "shown":
            truth.shows += 1
            key = record["device"], record["decision"]
            truth.decisions[key] += 1
            truth.reasons[key].add(record["reason"])
            open_shows[record["number"]] = record["device"]
            if record["decision"] != "retry":
                truth.people.add((record["person"], record["code"]))
        case "settled":
            open_shows.pop(record["number"], None)
        case "zone":
            truth.inside[record["zone"]] = record["inside"]


def told_of(events: Iterable[dict[str, Any]], truth: Truth) -> Told:
    """What a log says of the gates of the truth."""
    told = Told()
    passed: set[str] = set()
    for event in events:
        device, data = event["device"], event["data"]
        if device not in truth.zones:
            continue
        match event["type"]:
            case "gate.scan.v1" if data["visit"] is not None:
                told.visits.add(data["visit"])
            case "gate.decision.v1":
                _decided(told, truth, (device, data["decision"]), data["reason"])
            case "gate.passage.v1":
                _passed(told, passed, device, truth.zones[device], data)
    return told


def _decided(told: Told, truth: Truth, key: Key, reason: str) -> None:
    told.decisions[key] += 1
    known = truth.reasons.get(key, set())
    second = key[1] in MOVES_NOTHING or reason == PASSBACK
    if not second and reason not in known:
        told.strange.append((key, reason))


def _passed(told: Told, passed: set[str], device: str, zone: str, data: dict[str, Any]) -> None:
    told.passages[device] += 1
    told.inferred += not data["confirmed"]
    told.zones[zone] = told.zones.get(zone, 0) + (1 if data["direction"] == "in" else -1)
    scan = data["scan"]
    if scan in passed:
        told.doubled.append(device)
    if scan is not None:
        passed.add(scan)


def compared(truth: Truth, told: Told) -> Comparison:
    """Every difference that shows which nobody knows of cannot explain."""
    result = Comparison(truth, told)
    result.wrong += [f"{device}: a scan passed twice" for device in told.doubled]
    result.wrong += [f"{device}: {decision} because of {why}" for (device, decision), why in told.strange]
    for device in truth.zones:
        result.wrong += _differences(truth, told, device)
    for zone, inside in truth.inside.items():
        loose = sum(truth.unsettled[device] for device, where in truth.zones.items() if where == zone)
        found = told.zones.get(zone, 0)
        if abs(found - inside) > loose:
            result.wrong.append(f"{zone}: {inside} are inside, told {found}")
        if told.counted.get(zone, found) != found:
            result.wrong.append(f"{zone}: {found} by its passages, counted {told.counted[zone]}")
    visits, people = len(told.visits), len(truth.people)
    if not people - truth.unsettled.total() <= visits <= people:
        result.wrong.append(f"{people} people came, told {visits} visits")
    return result


def _differences(truth: Truth, told: Told, device: str) -> Iterator[str]:
    loose = truth.unsettled[device]
    let_in = truth.decisions[device, "allow"]
    if not let_in - loose <= told.passages[device] <= let_in:
        yield f"{device}: {let_in} passed, told {told.passages[device]}"
    for decision in ("allow", "alert", "hold", "deny", "retry"):
        true, count = truth.decisions[device, decision], told.decisions[device, decision]
        again = 0 if decision == "allow" else truth.again[device]
        if not true - loose <= count <= true + again:
            yield f"{device}: {decision} {true} times, told {count}"


def compare(truth: Truth, url: str, key: str = "") -> Comparison:
    """With the log of the hub at ``url`` as it stands now; raises CannotCompare."""
    told = told_of(events(url, key), truth)
    told.counted = {
        row["zone"]: row["count"] for row in asked(url, key, "occupancy")["items"] if not row["set"]
    }
    return compared(truth, told)


def compared_in_time(
    truth: Truth, url: str, key: str, wait_seconds: float, notice: Callable[[str], None]
) -> Comparison:
    """The first comparison without a difference, or the last one in the time: a hub may still take in."""
    end = time.monotonic() + wait_seconds
    while (result := compare(truth, url, key)).wrong and time.monotonic() < end:
        notice(f"{len(result.wrong)} differ, the hub may still be taking in: {result.wrong[0]}")
        time.sleep(AGAIN_SECONDS)
    return result
