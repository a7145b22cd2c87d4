"""What a hub tells by its API to those who compare it with the truth."""

import http.client
import json
import urllib.request
from collections.abc import Iterator
from typing import Any

PAGE = 1000
ANSWER_SECONDS = 60.0


class CannotCompare(Exception):
    """The truth cannot be read, or the hub does not answer; the text says what."""


def events(url: str, key: str) -> Iterator[dict[str, Any]]:
    """The whole log, in commit order; raises CannotCompare."""
    after: str | None = "0"
    while after is not None:
        page = asked(url, key, f"events?limit={PAGE}&after={after}")
        yield from page["items"]
        after = page["next_cursor"]


def asked(url: str, key: str, path: str) -> dict[str, Any]:
    """One page of the API; raises CannotCompare."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    request = urllib.request.Request(f"{url}/api/v1/{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:
            found: dict[str, Any] = json.load(answer)
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise CannotCompare(f"{url}: {error}") from error
    return found
