"""A bot of Telegram or Zalo: sends to a chat, and hears what its people answer by long polling."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from hub.notify.bot_updates import Said, telegram_said, zalo_said
from hub.notify.channels.bot_calls import BotAnswer, BotCalls
from hub.notify.channels.heard_updates import HeardUpdates
from hub.notify.channels.parcel import DELIVERED, NO_ANSWER, Delivery, Heard, Parcel
from hub.notify.settings import Channel
from hub.notify.wording import word_chat

POLL_SECONDS = 25
ANSWER_SECONDS = 15.0  # the line may be slow after the poll has ended
PAUSE_SECONDS = 5.0
# Nothing new within it is no long polling: a pause keeps us from asking all the time.
AT_ONCE_SECONDS = 1.0
_ASKS_FOR_CHAT = frozenset({"/start", "id"})  # the first is what Telegram itself says when a chat begins
MOST_INTRODUCED = 3  # of one poll: strangers may talk as much as they like
# A chat that is unknown, or that has put the bot out. A wrong token (401, 404) is mended by a person.
_FOR_GOOD = frozenset({400, 403})
log = logging.getLogger(__name__)


class _Service(NamedTuple):
    """``nothing``: the code by which it says that nobody wrote."""

    longest_text: int
    poll: dict[str, Any]
    said: Callable[[Any], Iterable[Said]]
    nothing: int


# Telegram: core.telegram.org/bots/api; Zalo: bot.zaloplatforms.com/docs.
_SERVICES = {
    "telegram": _Service(
        4096, {"timeout": POLL_SECONDS, "limit": 100, "allowed_updates": ["message"]}, telegram_said, 200
    ),
    "zalo": _Service(2000, {"timeout": POLL_SECONDS}, zalo_said, 408),
}


class Bot:
    """``folder``: where it keeps which answers it has heard; None: only in memory."""

    at_once = 4

    def __init__(self, channel: Channel, folder: Path | None, pause_seconds: float = PAUSE_SECONDS) -> None:
        self._service = _SERVICES[channel.kind]
        self._kind = channel.kind
        self._language = channel.language
        self._seconds = channel.timeout_seconds
        self._pause_seconds = pause_seconds
        self._sending = BotCalls(channel, self.at_once * 2)
        self._polling = BotCalls(channel, 2)
        self._heard = HeardUpdates(folder / f"{channel.id}.heard" if folder else None)
        self._confirm: int | None = None
        self.trouble = ""

    async def send(self, parcel: Parcel) -> Delivery:
        if not parcel.address:
            return Delivery("refused", "bad_address")
        words = {"chat_id": parcel.address, "text": parcel.text.body[: self._service.longest_text]}
        try:
            answer = await self._sending.call("sendMessage", words, self._seconds)
        except (OSError, ValueError):
            return Delivery("again", NO_ANSWER)
        if answer.code == 200:
            return DELIVERED
        return Delivery("refused" if answer.code in _FOR_GOOD else "again", f"{self._kind}.{answer.code}")

    async def run(self, heard: Heard) -> None:
        """Give chat and text of each answer to ``heard``, until cancelled."""
        await asyncio.to_thread(self._heard.read)
        while True:
            if not await self._poll(heard):
                await asyncio.sleep(self._pause_seconds)

    async def _poll(self, heard: Heard) -> bool:
        """Whether to ask again at once."""
        asked = asyncio.get_running_loop().time()
        try:
            answer = await self._updates()
        except (OSError, ValueError):
            return self._told(NO_ANSWER)
        if answer.code not in (200, self._service.nothing):
            return self._told(f"{self._kind}.{answer.code}")
        self._told("")
        if self._confirm is not None:
            self._heard.forget()
        said = list(self._service.said(answer.result))
        self._confirm = max((each.number + 1 for each in said if each.number is not None), default=None)
        new = [each for each in said if each.number not in self._heard.numbers]
        for each in new:
            await heard(each.chat, each.text)
            await self._was_heard(each)
        asking = [each.chat for each in new if each.chat and each.text.strip().lower() in _ASKS_FOR_CHAT]
        for chat in asking[:MOST_INTRODUCED]:
            await self._introduce(chat)
        return bool(new) or asyncio.get_running_loop().time() - asked > AT_ONCE_SECONDS

    async def _updates(self) -> BotAnswer:
        """An offset only confirms what was heard: else a service that numbers anew would not be heard."""
        confirmed = {} if self._confirm is None else {"offset": self._confirm}
        asked = self._service.poll | confirmed
        return await self._polling.call("getUpdates", asked, POLL_SECONDS + ANSWER_SECONDS)

    async def _introduce(self, chat: str) -> None:
        """Its own id, to whoever begins a chat; whether it comes there is not our concern."""
        words = {"chat_id": chat, "text": word_chat(self._language, chat)}
        with suppress(OSError, ValueError):
            await self._sending.call("sendMessage", words, self._seconds)

    async def _was_heard(self, said: Said) -> None:
        """On the disk before the service is told to forget it."""
        if said.number is None:
            return
        try:
            await asyncio.to_thread(partial(self._heard.add, said.number))
        except OSError as error:
            log.warning("which replies were heard is not kept", extra={"reason": error.strerror})

    def _told(self, trouble: str) -> bool:
        if trouble and trouble != self.trouble:
            log.warning("bot does not answer", extra={"bot": self._kind, "reason": trouble})
        self.trouble = trouble
        return False
