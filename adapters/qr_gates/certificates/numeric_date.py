"""Times inside signed tokens (RFC 7519 and RFC 8392, NumericDate): seconds since 1970."""

from datetime import UTC, datetime

_LATEST = 2**33  # in the year 2242


def numeric_date(found: object) -> datetime | None:
    """None: the claim is missing or absurd."""
    if isinstance(found, bool) or not isinstance(found, (int, float)) or not 0 <= found < _LATEST:
        return None
    return datetime.fromtimestamp(found, UTC)
