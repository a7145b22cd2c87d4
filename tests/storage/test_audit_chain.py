"""The chain of the audit, without a store."""

from typing import Any

from storage.audit import AuditHead, AuditNote, chained, first_broken
from tests.conformance.store_audit import BEGIN, note


def test_every_change_of_a_row_is_found() -> None:
    rows = chained(BEGIN, [note(n) for n in range(5)])
    assert first_broken(BEGIN, rows) is None
    for field in AuditNote._fields:
        told: Any = 7 if field == "at_ms" else "other"
        changed = rows[2]._replace(note=rows[2].note._replace(**{field: told}))
        assert first_broken(BEGIN, [*rows[:2], changed, *rows[3:]]) == 3
    assert first_broken(BEGIN, [*rows[:2], *rows[3:]]) == 3
    assert first_broken(BEGIN, [rows[1], rows[0], *rows[2:]]) == 1
    assert first_broken(AuditHead(rows[1].number, rows[1].hash), rows[2:]) is None
