"""A fleet of machines of every model, and the configuration of a hub that listens to them."""

import tomllib
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from simulators.province import AnalyzerPlan, Link, load_province

FIRST_SERIAL = 754_000
MOST_MACHINES = 250  # each may need an address of its own in one network of loopback
Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Lines:
    """Where the hub takes what is sent; None where no machine is to use such a line."""

    mllp: Address | None = None
    astm: Address | None = None
    serial: str | None = None
    folder: Path | None = None

    @property
    def links(self) -> frozenset[Link]:
        named: dict[Link, object] = {
            "mllp": self.mllp, "astm": self.astm, "serial": self.serial, "file": self.folder,
        }  # fmt: skip
        return frozenset(link for link, line in named.items() if line is not None)

    def folder_of(self, plan: AnalyzerPlan) -> Path:
        assert self.folder is not None
        return self.folder / plan.id


def fleet(count: int, links: Collection[Link]) -> tuple[AnalyzerPlan, ...]:
    """``count`` machines on these links, each model as often as ``fleet.toml`` says; one at most on a
    serial line. The same for the same arguments."""
    machines = [machine for machine in _machines() if machine["link"] in links]
    chosen: Counter[str] = Counter()
    sites = [site.id for site in load_province().sites if "hospital" in site.kind]
    plans = []
    for number in range(min(count, MOST_MACHINES)):
        free = [each for each in machines if each["link"] != "serial" or not chosen[each["name"]]]
        if not free:
            break
        machine = min(free, key=lambda each: (chosen[each["name"]] + 0.5) / each["of_forty"])
        chosen[machine["name"]] += 1
        plans.append(_plan(machine, chosen[machine["name"]], number, sites[number % len(sites)]))
    return tuple(plans)


@cache
def _machines() -> tuple[dict[str, Any], ...]:
    text = resources.files("simulators.lab").joinpath("fleet.toml").read_text(encoding="utf-8")
    return tuple(tomllib.loads(text)["machine"])


def _plan(machine: dict[str, Any], which: int, number: int, site: str) -> AnalyzerPlan:
    serial = str(FIRST_SERIAL + number)
    return AnalyzerPlan(
        id=f"{machine['name']}-{which:02d}",
        site=site,
        profile=machine["profile"],
        message=machine["message"],
        application=machine.get("application", "").format(serial=serial),
        facility=site.upper().replace("-", "") if "application" in machine else "",
        model=machine["model"],
        serial=serial,
        assay=machine["assay"],
        specimen_prefix=machine["prefix"],
        positive_share=machine["positive_share"],
        failure_share=machine["failure_share"],
        pause_seconds=tuple(machine["pause_seconds"]),
        specimens_per_run=tuple(machine.get("specimens_per_run", (1, 1))),
        link=machine["link"],
        sender=machine.get("sender", "").format(serial=serial),
        corrected_share=machine.get("corrected_share", 0.0),
        address=f"127.75.0.{number + 1}" if machine.get("own_address") else "",
    )


def devices_toml(plans: Sequence[AnalyzerPlan], lines: Lines) -> str:
    """The hub's ``[[device]]`` tables for these machines; the sites are those of the demo province."""
    return "\n".join("\n".join(_device(plan, lines)) + "\n" for plan in plans)


def sites_toml(plans: Sequence[AnalyzerPlan]) -> str:
    """The hub's ``[[site]]`` tables for these machines."""
    used = {plan.site for plan in plans}
    sites = [site for site in load_province().sites if site.id in used]
    return "\n".join(
        f'[[site]]\nid = "{site.id}"\nname = "{site.name}"\n'
        f'kind = "{site.kind}"\ndistrict = "{site.district}"\n'
        for site in sites
    )


def _device(plan: AnalyzerPlan, lines: Lines) -> Iterator[str]:
    kinds = {"mllp": "hl7_mllp", "astm": "astm_tcp", "serial": "astm_serial", "file": "file_drop"}
    yield "[[device]]"
    yield f'id = "{plan.id}"'
    yield f'site = "{plan.site}"'
    yield f'kind = "{kinds[plan.link]}"'
    yield f'profile = "{plan.profile}"'
    yield from _line(plan, lines)


def _line(plan: AnalyzerPlan, lines: Lines) -> Iterator[str]:
    match plan.link:
        case "mllp" if lines.mllp:
            yield f"port = {lines.mllp[1]}"
            yield f"match = {{ {_match(plan, plan.application)} }}"
        case "astm" if lines.astm:
            yield f"port = {lines.astm[1]}"
            yield f"match = {{ {_match(plan, plan.sender + '^*')} }}"
        case "serial":
            yield f'path = "{lines.serial}"'
        case "file":
            yield f'folder = "{lines.folder_of(plan)}"'
            yield "stable_seconds = 0  # it renames what is whole"


def _match(plan: AnalyzerPlan, sender: str) -> str:
    return f'peer = "{plan.address}/32"' if plan.address else f'sender = "{sender}"'
