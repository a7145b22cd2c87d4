"""The counts that the store keeps because counting reads whole tables."""

from collections.abc import Iterator

import apsw

from storage.sqlite.checks.finding import Finding

_KEPT = "SELECT events, results, poison FROM store"
_COUNTED = """
SELECT (SELECT count(*) FROM event), (SELECT count(*) FROM lab_result WHERE current = 1),
    (SELECT count(*) FROM poison)
"""
NAMES = ("sự kiện / events", "kết quả / results", "bản tin hỏng / poison")


def check(connection: apsw.Connection) -> Iterator[Finding]:
    """events, results and poison as kept and as counted; readings have a check of their own."""
    kept = connection.execute(_KEPT).fetchone() or (0,) * len(NAMES)
    counted = connection.execute(_COUNTED).fetchone() or ()
    for name, said, found in zip(NAMES, kept, counted, strict=True):
        detail = f"{found}" if said == found else f"the store says {said}, its table has {found}"
        yield Finding(said == found, name, detail)
