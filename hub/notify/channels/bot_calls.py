"""Calls of a bot's methods: JSON by POST to ``base_url/bot<token>/method``, as Telegram and Zalo have them.

The token is a part of the address, so no address ever leaves this module.
"""

import json
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from hub.notify.settings import Channel
from hub.streams.blocking_calls import BlockingCalls
from hub.streams.web_call import call_web

MOST_BYTES = 1024 * 1024  # Telegram gives at most 100 messages of 4096 characters
_HEADERS = {"Content-Type": "application/json"}


class BotAnswer(NamedTuple):
    """``code`` of the answer's own, else of HTTP; 200 where all is well. ``result`` is whatever came."""

    code: int
    result: Any = None


class BotCalls:
    """``most`` calls at a time."""

    def __init__(self, channel: Channel, most: int) -> None:
        self._base = f"{channel.base_url.rstrip('/')}/bot{channel.token}/"
        self._ca_file = channel.ca_file
        self._calls = BlockingCalls(f"{channel.kind}[{channel.id}]", most)

    async def call(self, method: str, arguments: dict[str, Any], seconds: float) -> BotAnswer:
        """Raises OSError or ValueError; neither holds anything of the address."""
        body = json.dumps(arguments, ensure_ascii=False).encode()
        return await self._calls.call(seconds, lambda: self._call(method, body, seconds))

    def _call(self, method: str, body: bytes, seconds: float) -> BotAnswer:
        answer = call_web(
            urlsplit(self._base + method),
            body=body,
            headers=_HEADERS,
            seconds=seconds,
            ca_file=self._ca_file,
            most_bytes=MOST_BYTES,
        )
        return bot_answer(answer.status, answer.body)


def bot_answer(status: int, body: bytes) -> BotAnswer:
    """Raises ValueError for 200 with what is no answer of a bot."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        if status == 200:
            raise ValueError("no answer of a bot")
        return BotAnswer(status)
    if status == 200 and told.get("ok") is True:
        return BotAnswer(200, told.get("result"))
    code = told.get("error_code")
    if type(code) is int and 0 < code < 1000 and code != 200:
        return BotAnswer(code)
    return BotAnswer(502 if status == 200 else status)
