"""lab.result.v1: every version of a fact, and which of them is current (storage.versions)."""

from hub.payloads import LabResult
from storage.admission import Stored
from storage.lab_days import local_day, test_key
from storage.sqlite.families import family_of
from storage.sqlite.lab_days import count
from storage.sqlite.session import Session
from storage.versions import FINAL, PRELIMINARY, Version, current, members, place_of

TYPE = LabResult.TYPE

_INSERT = """
INSERT INTO lab_result
    (number, fact, place_epoch, place_seq, status, current, specimen, site, device, call, time_ms,
     day, test, control)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_LAST_PLACE = """
SELECT place_epoch, place_seq FROM lab_result WHERE fact = ?
ORDER BY place_epoch DESC, place_seq DESC LIMIT 1
"""
_CURRENT = "SELECT status FROM lab_result WHERE fact = ? AND current = 1"
_UNMARK = """
UPDATE lab_result SET current = 0 WHERE fact = ? AND current = 1
RETURNING day, site, status, test, call, control
"""
_MARK = """
UPDATE lab_result SET current = 1 WHERE number = ? RETURNING day, site, status, test, call, control
"""


def apply(session: Session, stored: Stored, payload: LabResult) -> None:
    """Add a version; keep or change which one is current."""
    event = stored.event
    fact = session.fact(event.source, event.subject)
    linked = bool(stored.supersedes) or session.replaced(stored)
    if fact is None:
        session.connection.execute(
            "INSERT INTO lab_fact (source, subject) VALUES (?, ?)", (event.source, event.subject)
        )
        fact = session.connection.last_insert_rowid()
        _insert(session, stored, payload, fact, is_current=not linked)
    elif not linked and _comes_last(session, fact, stored):
        _insert(session, stored, payload, fact, is_current=_takes_over(session, fact, payload.status))
    else:
        _insert(session, stored, payload, fact, is_current=False)
        linked = True
    if linked:
        _settle(session, fact)


def _insert(session: Session, stored: Stored, payload: LabResult, fact: int, *, is_current: bool) -> None:
    event = stored.event
    day, test = local_day(stored.time_ms, session.zone), test_key(payload.test.code)
    session.connection.execute(
        _INSERT,
        (
            stored.number,
            fact,
            stored.epoch,
            event.seq,
            payload.status,
            int(is_current),
            payload.specimen,
            event.site,
            event.device,
            payload.call,
            stored.time_ms,
            day,
            test,
            int(payload.control),
        ),
    )
    if is_current:
        count(session, (day, event.site, payload.status, test, payload.call, payload.control), 1)


def _comes_last(session: Session, fact: int, stored: Stored) -> bool:
    last = session.connection.execute(_LAST_PLACE, (fact,)).fetchone()
    return last is None or (stored.epoch, stored.event.seq) > last


def _takes_over(session: Session, fact: int, status: str) -> bool:
    """The rule of storage.versions for a version that comes after all others."""
    standing = session.connection.execute(_CURRENT, (fact,)).fetchone()
    if standing is None:
        return True
    if status == PRELIMINARY and standing[0] in FINAL:
        return False
    _change(session, _UNMARK, fact, -1)
    return True


def _settle(session: Session, fact: int) -> None:
    """Place and choose anew in this fact and in every fact that one of its versions is linked with."""
    for each in {version.fact for version in family_of(session.connection, fact).values()}:
        _choose(session, each)


def _choose(session: Session, fact: int) -> None:
    family = family_of(session.connection, fact)
    versions = members(family, fact)
    for version in versions:
        session.connection.execute(
            "UPDATE lab_result SET place_epoch = ?, place_seq = ? WHERE number = ?",
            (*place_of(version, family), version.number),
        )
    _mark(session, fact, current(versions, family))


def _mark(session: Session, fact: int, chosen: Version | None) -> None:
    _change(session, _UNMARK, fact, -1)
    if chosen is not None:
        _change(session, _MARK, chosen.number, 1)


def _change(session: Session, mark: str, key: int, delta: int) -> None:
    for row in session.connection.execute(mark, (key,)).fetchall():
        count(session, row, delta)
