"""A question to a server and its answer, whatever the language: bounded, halved if the answer is too long."""

from collections.abc import Callable, Mapping
from typing import TypeVar
from urllib.parse import urlencode

import msgspec

from storage.influx.exchange import Exchange, NoReply
from storage.influx.reading.read_back import DayFigures, ReadBackFailed
from storage.influx.server import ServerAddress

# A hundred thousand series of one day.
MOST_ANSWER_BYTES = 32 << 20
# A server looks at a week of a province's readings.
ANSWER_SECONDS = 120.0
DAYS_AT_ONCE = 7
TOO_LONG = "answer.too_long"
T = TypeVar("T")
Found = dict[tuple[str, ...], list[DayFigures]]


class Questions:
    """Forms by POST, so that no proxy's log has a question of ours; answers as JSON of a given shape."""

    def __init__(self, address: ServerAddress, path: str, scheme: str) -> None:
        self._url = f"{address.base}{path}"
        self._headers = {"Content-Type": "application/x-www-form-urlencoded"} | address.credentials.header(
            scheme
        )
        self._exchange = Exchange(address, most_bytes=MOST_ANSWER_BYTES, read_seconds=ANSWER_SECONDS)

    def ask(self, form: Mapping[str, str], shape: type[T]) -> T:
        """Raises ReadBackFailed; its text is TOO_LONG, ``http_404``, ``timed_out`` …"""
        body = urlencode(form).encode()
        try:
            reply = self._exchange.request("POST", self._url, body=body, headers=self._headers)
        except NoReply as error:
            raise ReadBackFailed(str(error)) from None
        if reply.status != 200:
            raise ReadBackFailed(f"http_{reply.status}")
        if not reply.whole:
            raise ReadBackFailed(TOO_LONG)
        try:
            return msgspec.json.decode(reply.body, type=shape, strict=False)
        except (msgspec.DecodeError, RecursionError):
            raise ReadBackFailed("answer.unreadable") from None

    def close(self) -> None:
        self._exchange.clear()


def in_windows(ask: Callable[[int, int], Found], day_from: int, day_to: int) -> Found:
    """What ``ask`` (first day, day after the last) finds, a week at once, or as much as an answer may have.

    Raises ReadBackFailed: a single day is too long, too.
    """
    found: Found = {}
    first, length = day_from, DAYS_AT_ONCE
    while first < day_to:
        last = min(first + length, day_to)
        try:
            answered = ask(first, last)
        except ReadBackFailed as error:
            if str(error) != TOO_LONG or last - first == 1:
                raise
            length = (last - first) // 2
            continue
        for tags, days in answered.items():
            found.setdefault(tags, []).extend(days)
        first = last
    return found
