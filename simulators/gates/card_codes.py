"""What cards and apps of Viet Nam print into their codes, field by field; unsigned, so anybody can."""

import unicodedata
from datetime import date, timedelta

from simulators.gates.people import CARD_YEARS, Person

_DAY_FIRST = "%d%m%Y"
_SLASHES = "%d/%m/%Y"


def citizen_card(person: Person) -> str:
    """The chip card of 2021: seven fields."""
    sex = "Nam" if person.sex == "M" else "Nữ"
    fields = (
        person.citizen_number,
        person.old_number,
        person.name,
        f"{person.birth:{_DAY_FIRST}}",
        sex,
        person.address,
        f"{_issued(person, 2021):{_DAY_FIRST}}",
    )
    return "|".join(fields)


def identity_card(person: Person) -> str:
    """Căn cước of 2024: cancelled numbers and the names of both parents behind the seven fields."""
    father, mother = f"{person.family} Văn Cha", "Trần Thị Mẹ"
    return f"{citizen_card(person)}|{person.old_number}|{father}|{mother}"


def insurance_card(person: Person) -> str:
    """BHYT and VssID: name and address are hexadecimal digits of UTF-8."""
    number = f"GD475{person.insurance_number}"
    sex = "1" if person.sex == "M" else "2"
    fields = (
        number,
        _hex(person.name),
        f"{person.birth:{_SLASHES}}",
        sex,
        _hex(person.address.split(", ", 1)[1]),
        "75-009",
        "01/01/2026",
        "31/12/2026",
        "01/01/2026",
        f"{number}-{person.birth:%Y}",
    )
    return "|".join(fields)


def national_code(person: Person) -> str:
    """Of the national platform of 2021 (PC-Covid and others): a masked number, name, birth, kind, QID."""
    masked = f"******{person.citizen_number[-6:]}"
    born = f"{person.birth.year}/{person.birth.month}/{person.birth.day}"
    return f"{masked}|{person.name}|{born}|0|{person.token}|1<GD475*******<09********"


def old_number(person: Person) -> str:
    """The bar code of an old identity card: nine digits, or the twelve of the citizen where there is none."""
    return person.old_number or person.citizen_number


def decomposed(text: str) -> bytes:
    """Letters and their signs apart, as some phones write them; the same person."""
    return unicodedata.normalize("NFD", text).encode()


def marked(text: str) -> bytes:
    """With a byte order mark, as some Windows programs write it."""
    return b"\xef\xbb\xbf" + text.encode()


def _hex(text: str) -> str:
    return text.encode().hex().upper()


def _issued(person: Person, year: int) -> date:
    """In that year, or when the person was old enough for a card."""
    return max(date(year, 4, 15), person.birth + timedelta(days=366 * CARD_YEARS))
