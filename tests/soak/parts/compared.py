"""What the simulated machines really measured, beside what a hub's API says."""

import json
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.simulators.comparable_results import Key, Said, lines, of_result, of_truth

PAGE = 1000
ANSWER_SECONDS = 60.0


@dataclass
class Compared:
    """``confusion``: (true call, stored call) -> results. ``twice``: facts with several events in the log.

    ``elsewhere``: stored for a specimen, test or device that the truth does not have. ``different``: the
    right specimen with another call, Ct, value, status, target or control. ``asked``: host queries,
    ``orders``: states of what was ordered for them.
    """

    results: int = 0
    confusion: Counter[tuple[str, str]] = field(default_factory=Counter)
    models: Counter[str] = field(default_factory=Counter)
    types: Counter[str] = field(default_factory=Counter)
    corrected: int = 0
    asked: int = 0
    orders: Counter[str] = field(default_factory=Counter)
    lost: list[Key] = field(default_factory=list)
    twice: list[Key] = field(default_factory=list)
    elsewhere: list[Key] = field(default_factory=list)
    different: list[tuple[Key, Said, Said]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def wrong(self) -> list[str]:
        """Empty when all is well."""
        named: dict[str, list[Any]] = {
            "lost": self.lost, "doubled": self.twice, "on another specimen": self.elsewhere,
            "told differently": self.different,
        }  # fmt: skip
        return [f"{len(rows)} {what}: {rows[:3]}" for what, rows in named.items() if rows] + self.problems


def compare(truth: Path, url: str) -> Compared:
    """The truth with the current results and with the log of the API at ``url``; for a drained hub."""
    compared = Compared()
    versions = _true(truth, compared)
    true = {key: said[-1] for key, said in versions.items()}
    current: dict[Key, Said] = {}
    for item in _pages(f"{url}/api/v1/results"):
        key, said = of_result(item["device"], item)
        if key in current:
            compared.twice.append(key)
        current[key] = said
    _check_log(url, versions, compared)
    compared.lost = sorted(true.keys() - current.keys())
    compared.elsewhere = sorted(current.keys() - true.keys())
    for key, said in true.items():
        if key in current:
            compared.confusion[said.call, current[key].call] += 1
            if current[key] != said:
                compared.different.append((key, said, current[key]))
    _check_orders(truth, url, true, compared)
    return compared


def _check_orders(truth: Path, url: str, true: dict[Key, Said], compared: Compared) -> None:
    """Machines were told what was ordered and nothing else; what has its final result is RESULTED."""
    final = {key.specimen for key, said in true.items() if said.status in {"F", "C"}}
    ordered = set()
    for query in lines(truth, "query"):
        compared.asked += 1
        if query["told"] != query["ordered"]:
            compared.problems.append(f"{query['specimen']}: ordered {query['ordered']}, told {query['told']}")
        if query["ordered"]:
            ordered.add(query["specimen"])
    for order in _pages(f"{url}/api/v1/orders") if ordered else ():
        compared.orders[order["state"]] += 1
        ordered.discard(order["specimen"])
        if (order["state"] == "RESULTED") != (order["specimen"] in final):
            compared.problems.append(f"order of {order['specimen']} is {order['state']}")
    compared.problems += [f"the order of {specimen} is gone" for specimen in ordered]


def _true(truth: Path, compared: Compared) -> dict[Key, list[Said]]:
    """Versions of each result, the first one first."""
    true: dict[Key, list[Said]] = {}
    for record in lines(truth):
        key, said = of_truth(record)
        assert key not in true or said.status == "C", f"the simulators measured {key} twice"
        true.setdefault(key, []).append(said)
    compared.results = len(true)
    compared.corrected = sum(len(versions) - 1 for versions in true.values())
    compared.models.update(key.device.rpartition("-")[0] for key in true)
    verdicts = Counter(record["verdict"] for record in lines(truth, "answer"))
    if set(verdicts) != {"accepted"}:
        compared.problems.append(f"answers of the hub: {dict(verdicts)}")
    return true


def _check_log(url: str, versions: dict[Key, list[Said]], compared: Compared) -> None:
    """Each version has one event, which says the same."""
    logged: dict[Key, list[Said]] = {}
    for event in _events(url):
        compared.types[event["type"]] += 1
        if event["type"] == "lab.result.v1":
            key, said = of_result(event["device"], event["data"])
            logged.setdefault(key, []).append(said)
    for key, told in logged.items():
        true = versions.get(key, [])
        if len(told) > len(true):
            compared.twice.append(key)
        elif Counter(told) != Counter(true):  # a gap that healed stands behind what came after it
            compared.problems.append(f"the log says {told} of {key}, measured was {true}")
    if missing := versions.keys() - logged.keys():
        compared.problems.append(f"{len(missing)} results are not in the log: {sorted(missing)[:3]}")


def _pages(url: str) -> Iterator[dict[str, Any]]:
    """Items of a list."""
    cursor = ""
    while True:
        page = _get(f"{url}?limit={PAGE}{cursor}")
        yield from page["items"]
        if not page["next_cursor"]:
            return
        cursor = f"&cursor={page['next_cursor']}"


def _events(url: str) -> Iterator[dict[str, Any]]:
    after = 0
    while items := _get(f"{url}/api/v1/events?after={after}&limit={PAGE}")["items"]:
        yield from items
        after = items[-1]["number"]


def _get(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(url, timeout=ANSWER_SECONDS) as answer:
        page: dict[str, Any] = json.load(answer)
        return page
