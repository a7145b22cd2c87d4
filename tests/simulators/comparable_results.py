"""Results as they can be compared: of the ground truth, and of what a hub has stored."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple


class Key(NamedTuple):
    """Whose result it is."""

    device: str
    specimen: str
    test: str


class Said(NamedTuple):
    """What a result says. ``targets``: (code, call, Ct, value, comparator), in order.

    A row of the test itself that says no more than the call is not among them: some machines send one.
    """

    call: str
    status: str
    control: bool
    targets: tuple[tuple[Any, ...], ...]


def of_truth(record: dict[str, Any]) -> tuple[Key, Said]:
    """Of a line of a truth file whose kind is lab."""
    test = record["test"]
    said = Said(record["call"], record["status"], record["control"], _shown(test, record["targets"]))
    return Key(record["device"], record["specimen"], test), said


def of_result(device: str, data: dict[str, Any]) -> tuple[Key, Said]:
    """Of the data of a lab.result.v1, or of a result as the API tells it."""
    test = data["test"]["code"]
    control = data.get("control", False)
    said = Said(data["call"], data["status"], control, _shown(test, data.get("targets") or ()))
    return Key(device, data["specimen"], test), said


def _shown(test: str, targets: Iterable[dict[str, Any]]) -> tuple[tuple[Any, ...], ...]:
    rows = [tuple(each.get(name) for name in _FIELDS) for each in targets]
    others = [row for row in rows if row[0] != test]
    shown = others or [row for row in rows if any(part is not None for part in row[2:])]
    return tuple(dict.fromkeys(shown))


_FIELDS = ("code", "call", "ct", "value", "comparator")


def lines(path: Path, kind: str = "lab") -> Iterator[dict[str, Any]]:
    """The lines of a truth file that are of this kind."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            record = json.loads(line)
            if record["kind"] == kind:
                yield record
