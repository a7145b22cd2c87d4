"""Invented people in households, the same for the same seed."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from simulators.lab.patients import FAMILY_NAMES, GIVEN_NAMES, MIDDLE_NAMES, STREETS, national_id

# Districts of province 75 by the codes of 2021 (General Statistics Office), each with two of its communes.
DISTRICTS: dict[str, tuple[str, tuple[str, str]]] = {
    "731": ("Biên Hòa", ("Trảng Dài", "Long Bình")),
    "732": ("Long Khánh", ("Xuân An", "Bảo Vinh")),
    "734": ("Tân Phú", ("Phú Lộc", "Phú Bình")),
    "735": ("Vĩnh Cửu", ("Thạnh Phú", "Tân Bình")),
    "736": ("Định Quán", ("La Ngà", "Phú Túc")),
    "737": ("Trảng Bom", ("Bàu Xéo", "Hố Nai 3")),
    "738": ("Thống Nhất", ("Gia Kiệm", "Quang Trung")),
    "739": ("Cẩm Mỹ", ("Xuân Mỹ", "Sông Ray")),
    "740": ("Long Thành", ("An Phước", "Lộc An")),
    "741": ("Xuân Lộc", ("Xuân Hiệp", "Suối Cát")),
    "742": ("Nhơn Trạch", ("Phú Hội", "Hiệp Phước")),
}
PROVINCE = "Đồng Nai"
ADULT_YEARS, CARD_YEARS = 18, 14
_DAYS_A_YEAR = 365.2425
_AGE_BANDS = ((18, "0-17"), (50, "18-49"), (65, "50-64"), (200, "65+"))


@dataclass(frozen=True, slots=True)
class Person:
    """``number`` counts from 0; ``household`` too. ``district`` is a code, ``token`` the national QID."""

    number: int
    household: int
    family: str
    given: str
    birth: date
    sex: str
    citizen_number: str
    old_number: str
    insurance_number: str
    token: str
    district: str
    address: str

    @property
    def name(self) -> str:
        return f"{self.family} {self.given}"

    def age(self, on: date) -> int:
        """Whole years."""
        return on.year - self.birth.year - ((self.birth.month, self.birth.day) > (on.month, on.day))

    def age_band(self, on: date) -> str:
        """As reports group ages."""
        years = self.age(on)
        return next(name for below, name in _AGE_BANDS if years < below)


def population(count: int, seed: int, today: date) -> tuple[Person, ...]:
    """``count`` people in households of one to six: parents, children, grandparents at one address.

    No two have one name and one birthday: a certificate could not tell them apart.
    """
    rng = random.Random(f"people {seed}")
    made: list[Person] = []
    taken: set[tuple[str, str, date]] = set()
    household = 0
    while len(made) < count:
        made += _household(rng, household, len(made), today, taken)
        household += 1
    return tuple(made[:count])


def _household(
    rng: random.Random, household: int, first: int, today: date, taken: set[tuple[str, str, date]]
) -> Iterator[Person]:
    district = rng.choice(tuple(DISTRICTS))
    name, communes = DISTRICTS[district]
    address = f"{rng.randint(1, 400)} {rng.choice(STREETS)}, {rng.choice(communes)}, {name}, {PROVINCE}"
    father = rng.choice(FAMILY_NAMES)
    for place, (age, sex) in enumerate(_ages(rng)):
        family = father if sex == "M" or age < ADULT_YEARS else rng.choice(FAMILY_NAMES)
        born = today - timedelta(days=round((age + rng.random()) * _DAYS_A_YEAR))
        given = f"{rng.choice(MIDDLE_NAMES[sex])} {rng.choice(GIVEN_NAMES[sex])}"
        while (family, given, born) in taken:
            born -= timedelta(days=1)
        taken.add((family, given, born))
        yield _person(rng, first + place, household, (family, given), born, sex, district, address)


def _ages(rng: random.Random) -> Iterator[tuple[int, str]]:
    """Of one household: somebody grown up, perhaps a partner, children and a grandmother or grandfather."""
    parent, sex = rng.randint(20, 60), rng.choice("MF")
    yield parent, sex
    if rng.random() < 0.6:
        yield max(19, parent + rng.randint(-5, 5)), "F" if sex == "M" else "M"
    for _ in range(rng.choice((0, 0, 1, 1, 2, 3)) if parent >= 25 else 0):
        yield rng.randint(1, max(2, min(parent - 20, 22))), rng.choice("MF")
    if rng.random() < 0.2:
        yield min(95, parent + rng.randint(20, 30)), rng.choice("MF")


def _person(
    rng: random.Random,
    number: int,
    household: int,
    name: tuple[str, str],
    born: date,
    sex: str,
    district: str,
    address: str,
) -> Person:
    return Person(
        number,
        household,
        *name,
        born,
        sex,
        citizen_number=national_id(born.year, sex, number % 1_000_000),
        old_number=f"27{number % 10_000_000:07d}" if born.year < 2000 else "",
        insurance_number=f"75{number % 100_000_000:08d}",
        token=f"QID{rng.getrandbits(64):016X}{number % 0x10000:04X}",
        district=district,
        address=address,
    )
