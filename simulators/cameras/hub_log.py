"""The log of a hub, page by page."""

import http.client
import json
import urllib.request
from collections.abc import Iterator
from typing import Any

from simulators.cameras.camera_comparison import CannotCompare

PAGE = 1000
ANSWER_SECONDS = 60.0


def events(url: str, key: str) -> Iterator[dict[str, Any]]:
    """What cameras told; raises CannotCompare."""
    after: str | None = "0"
    while after is not None:
        page = _page(url, key, f"events?limit={PAGE}&after={after}")
        yield from page["items"]
        after = page["next_cursor"]


def _page(url: str, key: str, path: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    request = urllib.request.Request(f"{url}/api/v1/{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:
            found: dict[str, Any] = json.load(answer)
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise CannotCompare(f"{url}: {error}") from error
    return found
