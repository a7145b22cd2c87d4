"""What a device is told that pushes by HTTP and is refused: a problem (RFC 9457), like the API's own."""

import json
from collections.abc import Mapping
from http import HTTPStatus

from hub.streams.http import HttpAnswer


def problem_answer(
    status: int, code: str, detail: str = "", place: str = "", headers: Mapping[str, str] | None = None
) -> HttpAnswer:
    """A code, a place and words of ours; nothing of what was sent."""
    told = {
        "type": f"urn:epihub:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        "place": place,
    }
    return HttpAnswer(status, json.dumps(told).encode(), "application/problem+json", headers or {})


def later_answer(status: int, code: str, seconds: int, detail: str = "") -> HttpAnswer:
    """Our own trouble (429, 5xx): the sender keeps what it has and comes back."""
    return problem_answer(status, code, detail, headers={"Retry-After": str(seconds)})
