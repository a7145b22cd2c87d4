"""The twelve digits of a citizen's number, after Circular 59/2021/TT-BCA, article 4.

Three for the province of birth's registration, one for century and sex (0 and 1 are the 20th century's men
and women, 2 and 3 the 21st's), two for the year of birth, six at random.
"""

import re
from typing import NamedTuple

from adapters.qr_gates.codes.shown_code import Birth

NUMBER = re.compile(r"\d{12}")
_CENTURIES = {"0": 1900, "1": 1900, "2": 2000, "3": 2000}
LAST_PROVINCE = 96


class CitizenId(NamedTuple):
    """What the number itself says; None where its digits make no sense."""

    province: str | None
    sex: str | None
    birth_year: int | None


def citizen_id_of(number: str) -> CitizenId:
    """``number``: twelve digits."""
    century = _CENTURIES.get(number[3])
    province = number[:3] if 1 <= int(number[:3]) <= LAST_PROVINCE else None
    if century is None:
        return CitizenId(province, None, None)
    return CitizenId(province, "M" if number[3] in "02" else "F", century + int(number[4:6]))


def contradictions(number: str, birth: Birth | None, sex: str | None) -> tuple[str, ...]:
    """Where the number and the card do not agree: flagged, never refused, for registries err as well."""
    said = citizen_id_of(number)
    return tuple(
        flag
        for flag, is_odd in (
            ("id.province", said.province is None),
            ("id.sex", None not in (sex, said.sex) and sex != said.sex),
            ("id.birth_year", birth is not None and said.birth_year not in (None, birth.year)),
            ("id.century", said.birth_year is None),
        )
        if is_odd
    )
