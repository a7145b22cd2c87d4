"""A folder that is looked at until it is told to stop: its whole files are committed, then put away."""

import asyncio
from collections.abc import Awaitable, Callable
from hashlib import sha256

from hub.errors import DeviceUnavailable, NotCommitted
from hub.streams.drop_folder import DONE, REJECTED, DropFolder

Commit = Callable[[bytes, str, str], Awaitable[bool]]


def mark_of(raw: bytes) -> str:
    """Names bytes by what they are."""
    return sha256(raw).hexdigest()[:32]


class DropWatch:
    """``commit``: given bytes, name and mark of a whole file; whether anything of it could be understood.

    ``looked`` hears of every look whether all could be had, and whether there was a file.
    ``is_cut_short``: whether bytes lack their end; such a file is waited for. Called in a thread.
    """

    def __init__(
        self,
        folder: DropFolder,
        look_seconds: float,
        commit: Commit,
        looked: Callable[[bool, bool], None],
        is_cut_short: Callable[[bytes], bool],
    ) -> None:
        self.folder = folder
        self._look_seconds = look_seconds
        self._commit = commit
        self._looked = looked
        self._is_cut_short = is_cut_short

    async def run(self) -> None:
        """Until cancelled; raises DeviceUnavailable when the folder or the store is away."""
        clock = asyncio.get_running_loop()
        try:
            while True:
                names = await asyncio.to_thread(self.folder.whole, clock.time())
                taken = [await self._try(name) for name in names]
                self._looked(all(taken), any(taken))
                # A folder on a network share tells nobody of changes: it has to be looked at.
                await asyncio.sleep(self._look_seconds)
        except OSError as error:
            raise DeviceUnavailable(f"folder: {error.strerror or 'unusable'}") from error
        except NotCommitted as error:
            raise DeviceUnavailable("nothing can be stored: the files wait") from error

    async def _try(self, name: str) -> bool:
        """One file that cannot be had holds up no other."""
        try:
            await self._take(name)
        except OSError:
            return False
        return True

    async def _take(self, name: str) -> None:
        folder = self.folder
        raw = await asyncio.to_thread(folder.read, name)
        if raw is None:
            return
        if await asyncio.to_thread(self._is_cut_short, raw) and folder.postpone(name):
            return
        mark = mark_of(raw)
        if folder.settled.get(name, ("", ""))[0] != mark:  # else it is committed, and only could not be moved
            into = DONE if await self._commit(raw, name, mark) else REJECTED
            folder.settled[name] = (mark, into)
        await asyncio.to_thread(folder.put_away, name, folder.settled[name][1], mark)
