"""Tables for ``epihub list import``: who is looked for, who declared, who was vaccinated."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from simulators.gates.histories import History
from simulators.gates.people import Person

IDS = "vnid,bhyt,qid,cmnd"
# Codes that name a person by a number that stands in such a table; certificates name people by their names.
BY_NUMBER = frozenset({"cccd", "can-cuoc", "cccd-number", "bhyt", "national-personal", "cmnd"})
Known = tuple[Person, History]


def tables(people: Iterable[Known]) -> dict[str, str]:
    """CSV by the name of its list."""
    known = tuple(people)
    made = {"watch": _watch(known), "declared": _declared(known), "doses": _doses(known)}
    return {name: "\n".join(rows) + "\n" for name, rows in made.items()}


def write_tables(folder: Path, people: Iterable[Known]) -> None:
    """``watch.csv``, ``declared.csv`` and ``doses.csv``; raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in tables(people).items():
        (folder / f"{name}.csv").write_text(text, "utf-8")


def ids_of(person: Person) -> str:
    """The cells of ``IDS``."""
    return f"{person.citizen_number},{person.insurance_number},{person.token},{person.old_number}"


def _watch(known: Iterable[Known]) -> Iterator[str]:
    yield IDS
    yield from (ids_of(person) for person, history in known if history.watched)


def _declared(known: Iterable[Known]) -> Iterator[str]:
    yield f"{IDS},time"
    for person, history in known:
        if history.declared_at:
            yield f"{ids_of(person)},{history.declared_at.isoformat(timespec='seconds')}"


def _doses(known: Iterable[Known]) -> Iterator[str]:
    yield f"{IDS},doses,last_dose"
    for person, history in known:
        if history.doses:
            last = history.doses[-1]
            yield f"{ids_of(person)},{last.number},{last.at.date().isoformat()}"
