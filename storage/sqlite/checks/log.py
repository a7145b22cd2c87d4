"""The log: every body is an event, and says what its row and its result's row say; numbers; watermarks."""

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import apsw

from hub.events import Event, decode_data, decode_event, parse_time
from hub.identity import id_bytes, id_text
from hub.payloads import LabResult
from storage.lab_days import local_day, test_key
from storage.sqlite.checks.finding import Finding, Wrongs

_LOG = """
SELECT event.number, event.id, event.type, event.edge, event.epoch, event.seq, event.site, event.device,
    event.subject, event.supersedes, event.time_ms, event.body, epoch.edge, epoch.epoch,
    lab_result.number, lab_result.specimen, lab_result.site, lab_result.device, lab_result.call,
    lab_result.status, lab_result.time_ms, lab_result.test, lab_result.control, lab_result.day,
    (SELECT timezone FROM store), lab_fact.source, lab_fact.subject
FROM event LEFT JOIN epoch ON epoch.number = event.epoch
    LEFT JOIN lab_result ON lab_result.number = event.number
    LEFT JOIN lab_fact ON lab_fact.fact = lab_result.fact
ORDER BY event.number
"""
_EPOCHS = "SELECT number, edge, epoch, seq, id FROM epoch"
_NUMBERS = """
SELECT (SELECT deleted_number FROM store), coalesce((SELECT max(number) FROM event), 0),
    coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'event'), 0)
"""
_LOST_RESULTS = """
SELECT number FROM lab_result WHERE NOT EXISTS (SELECT 1 FROM event WHERE event.number = lab_result.number)
"""
BROKEN = "sự kiện đọc được / events that can be read"
ROWS = "dòng nhật ký / rows of the log"
RESULTS = "dòng kết quả / rows of results"
NUMBERS = "số thứ tự / log numbers"
WATERMARKS = "mốc nhận / watermarks"
RESULT = 14  # columns of event and epoch in _LOG
DAY = 9  # in what is found of a result


def check(connection: apsw.Connection) -> Iterator[Finding]:
    """One pass over the log."""
    epochs = {number: rest for number, *rest in connection.execute(_EPOCHS)}
    seen = _Pass(epochs, str(connection.execute("SELECT timezone FROM store").get or ""))
    for row in connection.execute(_LOG):
        seen.take(row)
    for (number,) in connection.execute(_LOST_RESULTS):
        seen.results.add(f"{number} without an event")
    yield seen.broken.finding(BROKEN, f"{seen.count}")
    yield seen.rows.finding(ROWS, f"{seen.count}")
    yield seen.results.finding(RESULTS, f"{seen.lab}")
    yield seen.marks.finding(WATERMARKS, f"{seen.marked}")
    yield _numbers(connection)


class _Pass:
    def __init__(self, epochs: dict[Any, list[Any]], timezone: str) -> None:
        self.epochs = epochs
        self.timezone = timezone
        self.broken, self.rows, self.results, self.marks = Wrongs(), Wrongs(), Wrongs(), Wrongs()
        self.count = self.lab = 0
        self.marked = sum(seq is not None for _, _, seq, _ in epochs.values())

    def take(self, row: tuple[Any, ...]) -> None:
        number, body = row[0], row[11]
        self.count += 1
        try:
            event = decode_event(body)
            payload = decode_data(event)
            expected = _row(event)
        except ValueError:  # msgspec's errors are ValueErrors too
            self.broken.add(f"log number {number}")
            return
        if row[1:4] + row[5:11] + row[12:RESULT] != expected:
            self.rows.add(f"log number {number}")
        if isinstance(payload, LabResult):
            self._result(number, row[RESULT:], event, payload)
        elif row[RESULT] is not None:
            self.results.add(f"{number} is no result")
        self._watermark(row)

    def _result(self, number: int, found: tuple[Any, ...], event: Event, payload: LabResult) -> None:
        self.lab += 1
        expected = (
            number, payload.specimen, event.site, event.device, payload.call, payload.status,
            parse_time(event.time), test_key(payload.test.code), int(payload.control),
            self._day(event, found), self.timezone, event.source, event.subject,
        )  # fmt: skip
        if found != expected:
            self.results.add(f"log number {number}")

    def _day(self, event: Event, found: tuple[Any, ...]) -> Any:
        """Days are counted once a hub has opened the store; until then whatever stands there is right."""
        return local_day(parse_time(event.time), ZoneInfo(self.timezone)) if self.timezone else found[DAY]

    def _watermark(self, row: tuple[Any, ...]) -> None:
        """Where the log has the very row that a watermark names, it has its id."""
        edge, epoch, seq, event_id = self.epochs.get(row[4], (None, None, None, None))
        if seq == row[5] and event_id and event_id != id_text(row[1]):
            self.marks.add(f"{edge} {epoch} {seq}")


def _row(event: Event) -> tuple[Any, ...]:
    """Columns of event and epoch that a body decides, as _LOG has them."""
    return (
        id_bytes(event.id),
        event.type,
        event.edge,
        event.seq,
        event.site,
        event.device,
        event.subject,
        id_bytes(event.supersedes) if event.supersedes else None,
        parse_time(event.time),
        event.edge,
        event.epoch,
    )


def _numbers(connection: apsw.Connection) -> Finding:
    """None beyond the last one given, none removed that was never given."""
    numbers: list[Any] = connection.execute(_NUMBERS).fetchall()
    deleted, highest, given = numbers[0]
    good = highest <= given and deleted <= given
    return Finding(good, NUMBERS, f"last {given}, in the log up to {highest}, removed up to {deleted}")
