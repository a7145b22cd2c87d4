"""Which message with a control id is kept as which capture: a repeated one gets its stored reply (design 4).

A digest falls anywhere in its index, so each new message would write a page of it in every commit, a third of
what a commit writes. The index lags: what it lacks is known in memory, read back at the start, and put in
sorted, thousands at a time. Each row of ``capture`` up to the mark ``indexed_captures`` has its digest there.
"""

import apsw

from hub.spool.schema import single_row

MOST_LAGGING = 4096  # 1 MB of memory; some ten milliseconds in one commit of so many

_MARK = "SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'indexed_captures'"
_SET_MARK = "UPDATE meta SET value = CAST(? AS TEXT) WHERE name = 'indexed_captures'"
_LAGGING = "SELECT identity, n FROM capture WHERE n > ? AND identity IS NOT NULL"
_INDEX = f"INSERT OR IGNORE INTO known_message (identity, capture) {_LAGGING} ORDER BY identity"
_FIND = "SELECT capture FROM known_message WHERE identity = ?"
_FORGET = "DELETE FROM known_message WHERE identity = ?"
_LOWER_MARK = """
    UPDATE meta SET value = (SELECT CAST(coalesce(max(n), 0) AS TEXT) FROM capture)
    WHERE name = 'indexed_captures' AND CAST(value AS INTEGER) > (SELECT coalesce(max(n), 0) FROM capture)"""


class KnownMessages:
    """Belongs to the writer, within its transactions; ``load`` again after a rollback."""

    def __init__(self, most_lagging: int = MOST_LAGGING) -> None:
        self.most_lagging = most_lagging
        self._lagging: dict[bytes, int] = {}

    def load(self, db: apsw.Connection) -> None:
        """What the index does not have yet."""
        self._lagging = dict(db.execute(_LAGGING, single_row(db, _MARK)))

    def find(self, db: apsw.Connection, identity: bytes) -> int | None:
        """The capture's number."""
        found: int | None = self._lagging.get(identity) or db.execute(_FIND, (identity,)).get
        return found

    def add(self, db: apsw.Connection, identity: bytes, capture: int) -> None:
        self._lagging[identity] = capture
        if len(self._lagging) >= self.most_lagging:
            db.execute(_INDEX, single_row(db, _MARK))
            db.execute(_SET_MARK, (capture,))
            self._lagging.clear()

    def forget(self, db: apsw.Connection, identities: list[bytes]) -> None:
        """Their captures have been deleted. A number may then be given again: the mark stays below it."""
        for identity in identities:
            if self._lagging.pop(identity, None) is None:
                db.execute(_FORGET, (identity,))
        db.execute(_LOWER_MARK)
