"""Instants that other contents claimed, or of which a claim was withdrawn (storage.projections)."""

from storage.sqlite.session import Session

_MARK = """
INSERT INTO reading_contested (ts, series, number) VALUES (?, ?, ?)
ON CONFLICT (ts, series) DO UPDATE SET number = max(number, excluded.number)
"""


def contest(session: Session, ts: int, series: int, number: int) -> None:
    """What stands there may have changed by event ``number``: once marked, always."""
    session.connection.execute(_MARK, (ts, series, number))
