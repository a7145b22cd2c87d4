"""Results that came before their order was placed, found again among the events that are still here.

A specimen's results are found by numbers of 64 bits in memory, 16 bytes a result, made when the first order
is placed and brought up to date with each that follows: nobody else pays for it.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence, Set
from typing import Any, NamedTuple

import apsw
import msgspec

from hub.spool.order_results import LabFact

PAGE_ROWS = 5000
MOST_FOUND = 5000
LEVEL = "/lab-result-v1"
# What says nothing of the specimen is no result of an order that was placed behind it: it is measured again.
SAYS_NOTHING = frozenset({"INVALID", "ERROR", "NO_RESULT"})
_PAGE = "SELECT n, topic, body FROM event WHERE n > ? ORDER BY n LIMIT ?"
_FOUND = """
    SELECT n, id, received_ms, topic, body FROM event
    WHERE n IN (SELECT value FROM json_each(?)) ORDER BY n"""
_SINCE = "SELECT n, id, received_ms, topic, body FROM event WHERE n > ? ORDER BY n LIMIT ?"
_FIRST = "SELECT coalesce(min(n), 9223372036854775807) FROM event"
Specimen = tuple[str, str]  # site and specimen


class EarlierFact(NamedTuple):
    """What an event said, ``received_ms`` when."""

    fact: LabFact
    event: bytes
    received_ms: int
    says_nothing: bool


class Earlier(NamedTuple):
    """All of the specimens up to row ``seen``, in the order in which they were committed."""

    seen: int
    facts: Sequence[EarlierFact] = ()


class _Code(msgspec.Struct):
    code: str
    loinc: str | None = None


class _Result(msgspec.Struct):
    specimen: str
    test: _Code
    status: str
    call: str = ""
    control: bool = False


class _Said(msgspec.Struct):
    subject: str
    data: _Result
    supersedes: str = ""


class _Named(msgspec.Struct):
    specimen: str


class _Naming(msgspec.Struct):
    data: _Named


_said = msgspec.json.Decoder(_Said).decode
_naming = msgspec.json.Decoder(_Naming).decode


class EarlierResults:
    """Belongs to one thread."""

    def __init__(self) -> None:
        self._names = array("q")
        self._numbers = array("q")  # of rows, ascending
        self._seen = 0

    def follow(self, db: apsw.Connection) -> bool:
        """Look at a page of what is new; whether there is more."""
        page: list[Any] = db.execute(_PAGE, (self._seen, PAGE_ROWS)).fetchall()
        for n, topic, body in page:
            specimen = _specimen(topic, body) if topic.endswith(LEVEL) else None
            if specimen:
                self._names.append(hash(specimen))
                self._numbers.append(n)
        self._seen = page[-1][0] if page else self._seen
        return len(page) == PAGE_ROWS

    def find(self, db: apsw.Connection, wanted: Set[Specimen]) -> Earlier:
        """All of these specimens that are still here; at most 5000."""
        self._forget(db)
        names = {hash(specimen) for specimen in wanted}
        rows = [number for name, number in zip(self._names, self._numbers, strict=True) if name in names]
        found: list[Any] = db.execute(_FOUND, (msgspec.json.encode(rows[:MOST_FOUND]).decode(),)).fetchall()
        return Earlier(self._seen, tuple(_facts(found, wanted)))

    def _forget(self, db: apsw.Connection) -> None:
        """Rows that are gone."""
        gone = bisect_left(self._numbers, db.execute(_FIRST).get)
        del self._names[:gone], self._numbers[:gone]


def with_newest(db: apsw.Connection, earlier: Earlier, wanted: Set[Specimen]) -> list[EarlierFact]:
    """With what was committed since: few rows, for the writer itself."""
    found: list[Any] = db.execute(_SINCE, (earlier.seen, MOST_FOUND)).fetchall()
    return [*earlier.facts, *_facts(found, wanted)]


def _facts(rows: Iterable[Any], wanted: Set[Specimen]) -> Iterator[EarlierFact]:
    for _, event, received_ms, topic, body in rows:
        if topic.endswith(LEVEL) and _specimen(topic, body) in wanted:
            told = _fact(topic, body)
            if told:
                yield EarlierFact(told[0], event, received_ms, told[1])


def _specimen(topic: str, body: bytes) -> Specimen | None:
    """None of a body that another version of epihub wrote."""
    try:
        return _levels(topic)[0], _naming(body).data.specimen
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _fact(topic: str, body: bytes) -> tuple[LabFact, bool] | None:
    """And whether it says nothing of the specimen."""
    try:
        said = _said(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    site, device = _levels(topic)
    result = said.data
    fact = LabFact(
        site,
        device,
        said.subject,
        result.specimen,
        result.test.code,
        result.test.loinc or "",
        result.status,
        result.control,
        bool(said.supersedes),
    )
    return fact, result.call in SAYS_NOTHING


def _levels(topic: str) -> tuple[str, str]:
    """Site and device of ``epihub/v1/evt/<district>/<site>/<edge>/<device>/<type>``."""
    levels = topic.split("/")
    return levels[-4], levels[-2]
