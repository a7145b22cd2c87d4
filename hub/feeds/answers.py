"""What an HTTP status means for a message. Pure."""

from hub.feeds.contract import Answer

GONE = 410
# Timed out, conflict, too early, too many: all others of 4xx are the same tomorrow.
LATER = frozenset({408, 409, 425, 429})
NO_ANSWER = Answer("again", "no_answer")


def answer_of(status: int, retry_after: str | None = None) -> Answer:
    """Redirects are not followed: whoever moved must be told to us by a person."""
    code = f"http.{status}"
    if 200 <= status < 300:
        return Answer("taken", code)
    if status == GONE:
        return Answer("gone", code)
    if status >= 500 or status in LATER:
        return Answer("again", code, seconds_of(retry_after))
    return Answer("dead", code)


def seconds_of(retry_after: str | None) -> float | None:
    """Of the header; None: it has none, or a date (our delays do)."""
    text = (retry_after or "").strip()
    return float(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None
