"""One look: what the store and the server have of a subject on some days, and where they differ."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from storage.influx.comparing import Cell, Difference, Expected, Figures, Rule, cells, keeping_any
from storage.influx.reading.read_back import ReadBack
from storage.influx.verifying.coming import ComingBook, with_coming
from storage.influx.verifying.subject import Days, Subject

Found = dict[Cell, Figures]


@dataclass(slots=True)
class Looked:
    """``cells``: compared, over all fields; ``points``: values of readings in the store.

    ``coming``: cells that differ only by what is on its way; ``foreign``: series that are not ours.
    """

    differences: list[Difference] = field(default_factory=list)
    cells: int = 0
    points: int = 0
    coming: int = 0
    foreign: set[tuple[str, ...]] = field(default_factory=set)


async def look(subject: Subject, days: Days, back: ReadBack, coming: ComingBook) -> Looked:
    """Raises StoreUnavailable, ReadBackFailed."""
    await coming.begin()  # what is settled now is there now; what comes later is found below
    there = {name: await asyncio.to_thread(_found, subject, name, days, back) for name in subject.rules}
    wanted = await subject.wanted(days)
    looked = Looked(points=sum(each.count for each in wanted.get("value", {}).values()))
    for name in subject.rules:
        ours = _ours(subject, wanted[name], there[name], looked)
        looked.cells += len(wanted[name].keys() | ours.keys())
        rule = subject.rules[name] if back.can_delete else keeping_any(subject.rules[name])
        differing = _differences(subject, name, rule, wanted[name], ours)
        if differing:
            known = with_coming(wanted[name], await coming.of(subject.name), _cells_of(differing))
            left = _differences(subject, name, rule, known, ours)
            looked.coming += len(differing) - len(left)
            looked.differences += left
    return looked


def _found(subject: Subject, name: str, days: Days, back: ReadBack) -> Found:
    told = back.days(subject.name, name, subject.tags, *days)
    return {
        Cell(tags, each.day): Figures(each.count, each.sum) for tags, some in told.items() for each in some
    }


def _ours(subject: Subject, wanted: Collection[Cell], found: Found, looked: Looked) -> Found:
    ours: Found = {}
    for cell, figures in found.items():
        if cell in wanted or subject.knows(cell.tags):
            ours[cell] = figures
        else:
            looked.foreign.add(cell.tags)
    return ours


def _differences(
    subject: Subject, name: str, rule: Rule, wanted: Mapping[Cell, Expected], found: Found
) -> list[Difference]:
    return [
        Difference(
            subject.name,
            name,
            tuple(zip(subject.tags, cell.tags, strict=True)),
            cell.day,
            kind,
            Figures(expected.count, expected.sum),
            there,
        )
        for cell, kind, expected, there in cells(wanted, found, rule)
    ]


def _cells_of(differences: Collection[Difference]) -> set[Cell]:
    return {each.cell for each in differences}
