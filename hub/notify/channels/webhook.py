"""A webhook: JSON by POST, HTTP/1.1 of the standard library in a worker thread."""

import asyncio
import http.client
import json
import ssl
from urllib.parse import SplitResult, urlsplit

from hub.notify.channels.parcel import DELIVERED, NO_ANSWER, Delivery, Parcel
from hub.notify.settings import Channel

MOST_ANSWER_BYTES = 64 * 1024
# RFC 9110 and 6585: busy, too early, too many; all others of 4xx are the same tomorrow.
_LATER = frozenset({408, 425, 429})


class Webhook:
    """2xx is delivered; redirects are not followed."""

    at_once = 8

    def __init__(self, channel: Channel) -> None:
        self._url = urlsplit(channel.url)
        self._seconds = channel.timeout_seconds

    async def send(self, parcel: Parcel) -> Delivery:
        try:
            async with asyncio.timeout(self._seconds):
                status = await asyncio.to_thread(post, self._url, body_of(parcel), parcel.name, self._seconds)
        except (OSError, ValueError):
            return Delivery("again", NO_ANSWER)
        if 200 <= status < 300:
            return DELIVERED
        later = status >= 500 or status in _LATER
        return Delivery("again" if later else "refused", f"http.{status}")


def body_of(parcel: Parcel) -> bytes:
    """docs/notify.md describes it."""
    told = {
        "id": parcel.name,
        "person": parcel.person,
        "address": parcel.address,
        "title": parcel.text.title,
        "text": parcel.text.body,
        "sms": parcel.text.sms,
        "reply": parcel.reply,
        "notices": list(parcel.told),
    }
    return json.dumps(told, ensure_ascii=False).encode()


def post(url: SplitResult, body: bytes, key: str, seconds: float, method: str = "POST") -> int:
    """The status; raises OSError or ValueError. ``key``: the receiver may know it again."""
    connection = _connection(url, seconds)
    try:
        target = (url.path or "/") + (f"?{url.query}" if url.query else "")
        headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "epihub"}
        connection.request(method, target, body or None, headers | ({"Idempotency-Key": key} if key else {}))
        answer = connection.getresponse()
        answer.read(MOST_ANSWER_BYTES)
        return answer.status
    except http.client.HTTPException as error:
        raise ConnectionError(type(error).__name__) from error
    finally:
        connection.close()


def _connection(url: SplitResult, seconds: float) -> http.client.HTTPConnection:
    host = url.hostname or ""
    if url.scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, url.port, timeout=seconds, context=context)
    return http.client.HTTPConnection(host, url.port, timeout=seconds)
