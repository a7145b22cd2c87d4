"""A DHIS2 that keeps the documented rules of data value sets (Web API, Data values), in memory."""

import json
from typing import Any

Key = tuple[str, str, str, str]


class Dhis2:
    """``units`` are assigned to the data set; ``locked``: periods that are closed."""

    def __init__(self, units: set[str], locked: set[str] | None = None) -> None:
        self.units = units
        self._locked = locked or set()
        self._kept: dict[Key, str] = {}

    def values_of(self, element: str) -> dict[str, str]:
        """By unit."""
        return {unit: value for (name, _, unit, _), value in self._kept.items() if name == element}

    def post(self, body: bytes, *, dry_run: bool = False) -> bytes:
        """The answer of 2.38 and later: what is right is taken, what is not is told by its index."""
        told = json.loads(body)
        counts = {"imported": 0, "updated": 0, "ignored": 0, "deleted": 0}
        conflicts: list[dict[str, Any]] = []
        for index, value in enumerate(told["dataValues"]):
            code = self._refusal(value)
            if code:
                conflicts.append({"errorCode": code, "object": value["orgUnit"], "indexes": [index]})
            counts["ignored" if code else self._take(value, dry_run=dry_run)] += 1
        status = "WARNING" if conflicts else "SUCCESS"
        summary = {"status": status, "importCount": counts, "conflicts": conflicts}
        return json.dumps({"httpStatusCode": 409 if conflicts else 200, "response": summary}).encode()

    def _refusal(self, value: dict[str, Any]) -> str:
        if value["orgUnit"] not in self.units:
            return "E7612"
        if value["period"] in self._locked:
            return "E7641"
        number = value.get("value", "0")
        return "" if isinstance(number, str) and number.lstrip("-").isdecimal() else "E7619"

    def _take(self, value: dict[str, Any], *, dry_run: bool) -> str:
        key = (value["dataElement"], value["categoryOptionCombo"], value["orgUnit"], value["period"])
        known = key in self._kept
        if value.get("deleted"):
            if not dry_run:
                self._kept.pop(key, None)
            return "deleted" if known else "ignored"
        if not dry_run:
            self._kept[key] = value["value"]
        return "updated" if known else "imported"
