"""A thousand people whose every datum is a mark of their own, and the codes that they show at a gate.

A mark begins with letters or digits that no other part of the test has, so that it can be looked for fast.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from tests.qr_gates.issuer import Issuer

LETTERS = "bcdghklmnpqrstvxàáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ"
BEGINS = {
    "vnid": "0750941",
    "cmnd": "27190",
    "phone": "098761",
    "bhyt": "759413",
    "passport": "XK94QZ",
    "qid": "QZKXWV",
    "name": "Quỳzơn",
    "parent": "Tổmậuz",
    "address": "Bưxởiz",
}
DIGITS = {"vnid": 12, "cmnd": 9, "phone": 10, "bhyt": 10, "passport": 12}


@dataclass(frozen=True, slots=True)
class MarkedPerson:
    """``marks`` by what they are."""

    number: int
    marks: dict[str, str]

    @property
    def name(self) -> str:
        return f"Nguyễn Thị {self.marks['name']}"

    @property
    def address(self) -> str:
        return f"{self.marks['address']}, Tân Hiệp, Biên Hòa, Đồng Nai"

    @property
    def born(self) -> str:
        return f"{1 + self.number % 28:02}{1 + self.number % 12:02}1994"


def people(count: int, seed: int = 6420) -> list[MarkedPerson]:
    """The same for a seed; no two share a mark."""
    chance, used = Random(seed), set[str]()

    def mark(kind: str) -> str:
        begin = BEGINS[kind]
        while True:
            if kind in DIGITS:
                rest = "".join(chance.choices("0123456789", k=DIGITS[kind] - len(begin)))
            else:
                rest = (
                    "".join(chance.choices(LETTERS, k=8))
                    if kind != "qid"
                    else f"{chance.getrandbits(48):012X}"
                )
            if begin + rest not in used:
                used.add(begin + rest)
                return begin + rest

    return [MarkedPerson(number, {kind: mark(kind) for kind in BEGINS}) for number in range(count)]


def _card(person: MarkedPerson) -> str:
    marks = person.marks
    return f"{marks['vnid']}|{marks['cmnd']}|{person.name}|{person.born}|Nữ|{person.address}|01012022"


def _card_of_2024(person: MarkedPerson) -> str:
    parents = f"Trần Văn {person.marks['parent']}|Lê Thị {person.marks['parent']}"
    return f"{_card(person)}|{person.marks['cmnd']}|{parents}"


def _insurance(person: MarkedPerson) -> str:
    name, address = (text.encode().hex() for text in (person.name, person.address))
    return f"GD475{person.marks['bhyt']}|{name}|02/09/1994|2|{address}|75-001|01/01/2021|31/12/2021|-"


def _national(person: MarkedPerson) -> str:
    marks = person.marks
    return (
        f"******{marks['vnid'][6:]}|{person.name}|1994/9/2|0|{marks['qid']}|{marks['phone']}<{marks['bhyt']}"
    )


def _number(person: MarkedPerson) -> str:
    return person.marks["vnid"]


def _opaque(person: MarkedPerson) -> str:
    return f"{person.marks['qid']}{person.marks['passport']}{person.marks['phone']}AB"


def _unreadable(person: MarkedPerson) -> str:
    """Of no family: kept sealed at the edge, for it may be a new one."""
    marks = person.marks
    return f"#{person.name};{person.address};{marks['phone']};{marks['vnid']};{marks['passport']}"


def _cut(person: MarkedPerson) -> str:
    """By a scanner's buffer."""
    return f"{person.marks['vnid']}|{person.marks['cmnd']}|{person.name}"


@dataclass(frozen=True, slots=True)
class Certificates:
    """Vaccination passports of an issuer that nobody trusts here: read, and not believed."""

    issuer: Issuer

    def __call__(self, person: MarkedPerson) -> str:
        marks = person.marks
        name = {"fn": person.name, "fnt": "NGUYEN", "gn": marks["parent"], "gnt": marks["passport"]}
        dose = {"tg": "840539006", "vp": "1119349007", "mp": "Vero Cell", "ma": "SINOPHARM", "dn": 2, "sd": 2}
        dose |= {"dt": "2021-11-01", "co": "VN", "is": "Bộ Y tế", "ci": f"URN:UVCI:01:VN:{marks['qid']}"}
        body = {"ver": "1.3.0", "nam": name, "dob": "1994-09-02", "v": [dose]}
        return self.issuer.code(body).decode("ascii")


def codes(shown_by: list[MarkedPerson]) -> Iterator[bytes]:
    """One code each, of every kind in turn."""
    kinds: list[Callable[[MarkedPerson], str]] = [
        _card, _card_of_2024, _insurance, _national, _number, _opaque, _unreadable, _cut,
        Certificates(Issuer()), _card,
    ]  # fmt: skip
    for person in shown_by:
        yield kinds[person.number % len(kinds)](person).encode("utf-8")
