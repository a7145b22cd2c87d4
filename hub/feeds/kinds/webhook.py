"""``webhook``: each event as it is stored, by POST, signed as Standard Webhooks 1.0.0 says."""

import ssl
from collections.abc import Callable, Sequence
from time import time
from typing import Any
from urllib.parse import urlsplit

import msgspec

from hub.feeds.addresses import AddressRefused
from hub.feeds.answers import NO_ANSWER, answer_of
from hub.feeds.contract import Answer, Feed, FeedSettings, Message, Opened, Told
from hub.feeds.http_line import BrokenAnswer, HttpLine
from hub.feeds.signing import headers_of, secret_bytes

CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"


class WebhookOptions(msgspec.Struct, frozen=True):
    """``secrets``: one, or during a rotation the new one and the old one."""

    url: str
    secrets: tuple[str, ...]
    private: bool = False
    timeout_seconds: float = 10.0
    ca_file: str = ""


class WebhookFeed(Feed):
    """The CloudEvent, byte for byte: ``webhook-id`` is its id."""

    def message(self, told: Told, found: Any = None) -> Message:
        return Message(told.event.id, told.body, CONTENT_TYPE)


class WebhookLine:
    """2xx is taken, within ``timeout_seconds``; what it answers is not kept."""

    def __init__(
        self, line: HttpLine, target: str, keys: Sequence[bytes], clock: Callable[[], float] = time
    ) -> None:
        self._line = line
        self._target = target
        self._keys = keys
        self._clock = clock

    async def send(self, message: Message) -> Answer:
        signed = headers_of(message.id, message.body, int(self._clock()), self._keys)
        headers = {"Content-Type": message.content_type, **signed}
        try:
            answer = await self._line.request(message.method, self._target, headers, message.body)
        except AddressRefused as error:
            return Answer("again", str(error))
        except ssl.SSLError:
            return Answer("again", "tls")
        except BrokenAnswer as error:
            return Answer("again", str(error))
        except OSError:
            return NO_ANSWER
        return answer_of(answer.status, answer.headers.get("retry-after"))

    async def close(self) -> None:
        await self._line.close()


def open_feed(settings: FeedSettings) -> Opened:
    options = msgspec.convert(settings.options, WebhookOptions)
    url = urlsplit(options.url)
    line = HttpLine(url, private=options.private, seconds=options.timeout_seconds, ca_file=options.ca_file)
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    return Opened(
        WebhookFeed(settings), WebhookLine(line, target, [secret_bytes(each) for each in options.secrets])
    )
