"""The register of units: codes of the General Statistics Office, each with the days on which it was valid.

A code tells its level by its length: two digits a province, three a district, five a commune. A code
may be given to another unit later, so whoever asks says on which day.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from csv import DictReader
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Final, Literal, NamedTuple

PROVINCE: Final = "75"  # Đồng Nai: the one whose communes the register has
DISTRICTS_ENDED: Final = date(2025, 7, 1)  # Law 72/2025/QH15: two levels of local government since then
LAST_DAY_OF_DISTRICTS: Final = DISTRICTS_ENDED - timedelta(days=1)

Level = Literal["province", "district", "commune"]
_LEVELS: Final[dict[int, Level]] = {2: "province", 3: "district", 5: "commune"}
_FILE = Path(__file__).parent / "data" / "units.csv"


class Unit(NamedTuple):
    """A unit under one name. ``name`` Biên Hòa, ``title`` Thành phố; ``parent`` the code above, or empty.

    ``valid_to`` is exclusive, None: still. ``latitude``, ``longitude``: its middle, degrees of WGS 84.
    """

    code: str
    title: str
    name: str
    parent: str
    valid_from: date
    valid_to: date | None
    latitude: float | None
    longitude: float | None

    @property
    def level(self) -> Level:
        return _LEVELS[len(self.code)]

    @property
    def full_name(self) -> str:
        """Thành phố Biên Hòa."""
        return f"{self.title} {self.name}"

    def on(self, day: date) -> bool:
        """Whether it was valid on ``day``."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


class Place(NamedTuple):
    """Where something counts: a district, and a commune of it where that is known."""

    district: Unit
    commune: Unit | None = None


class Register:
    """All units, looked up by code and day."""

    def __init__(self, units: Iterable[Unit]) -> None:
        self._versions: dict[str, list[Unit]] = defaultdict(list)
        self._under: dict[str, list[Unit]] = defaultdict(list)
        for unit in sorted(units, key=lambda unit: (unit.code, unit.valid_from)):
            self._versions[unit.code].append(unit)
            self._under[unit.parent].append(unit)

    def __iter__(self) -> Iterator[Unit]:
        return (unit for versions in self._versions.values() for unit in versions)

    def unit(self, code: str, day: date | None = None) -> Unit | None:
        """The unit that had ``code`` on ``day``, without a day the last that had it; None: no such code."""
        versions = self._versions.get(code, [])
        if day is None:
            return versions[-1] if versions else None
        index = bisect_right(versions, day, key=lambda unit: unit.valid_from)
        found = versions[index - 1] if index else None
        return found if found and found.on(day) else None

    def district(self, code: str, day: date | None = None) -> Unit | None:
        """As ``unit``, where the code is a district's."""
        return self.unit(code, day) if len(code) == 3 else None

    def commune(self, code: str, day: date | None = None) -> Unit | None:
        """As ``unit``, where the code is a commune's."""
        return self.unit(code, day) if len(code) == 5 else None

    def districts(self, day: date, province: str = PROVINCE) -> tuple[Unit, ...]:
        """Those of ``province`` that were valid on ``day``, by code; none since 2025-07-01."""
        return tuple(unit for unit in self._under[province] if unit.level == "district" and unit.on(day))

    def reported_districts(self, day: date, province: str = PROVINCE) -> tuple[Unit, ...]:
        """The rows of a report by district: those of ``day``; after districts ended, the last there were.

        Sites and facilities keep the district that they were registered with.
        """
        return self.districts(min(day, LAST_DAY_OF_DISTRICTS), province)

    def reported_district(self, code: str, day: date, province: str = PROVINCE) -> Unit | None:
        """The row of ``reported_districts`` with ``code``."""
        found = self.district(code, min(day, LAST_DAY_OF_DISTRICTS))
        return found if found and found.parent == province else None

    def communes(self, parent: str, day: date) -> tuple[Unit, ...]:
        """Those under a district, or since 2025-07-01 under a province, on ``day``, by code."""
        return tuple(unit for unit in self._under[parent] if unit.level == "commune" and unit.on(day))

    def place_of(self, district: str, commune: str, day: date) -> Place | None:
        """Where codes that were reported point to: the commune only where it lay in that district.

        None: no such district. Of an empty ``district``, the one that the commune lay in.
        """
        found = self._reported_commune(commune, day)
        unit = self.reported_district(district or (found.parent if found else ""), day)
        if unit is None:
            return None
        return Place(unit, found if found and found.parent == unit.code else None)

    def _reported_commune(self, code: str, day: date) -> Unit | None:
        """Under a district; after districts ended, as it lay in one last."""
        last = min(day, LAST_DAY_OF_DISTRICTS)
        return self.commune(code, last)


@cache
def register() -> Register:
    """The one that epihub ships (data/units.csv, made by ``./dev places``)."""
    with _FILE.open(encoding="utf-8", newline="") as file:
        return Register(_unit(line) for line in DictReader(file))


def _unit(line: dict[str, str]) -> Unit:
    return Unit(
        line["code"],
        line["title"],
        line["name"],
        line["parent"],
        date.fromisoformat(line["valid_from"]),
        date.fromisoformat(line["valid_to"]) if line["valid_to"] else None,
        float(line["latitude"]) if line["latitude"] else None,
        float(line["longitude"]) if line["longitude"] else None,
    )
