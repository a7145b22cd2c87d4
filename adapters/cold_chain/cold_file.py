"""``cold_file``: exports of loggers that people carry to a folder on a stick.

A file is read when it is whole, committed, and only then put away: into ``done``, or ``rejected`` where
nothing of it could be understood. What two exports have in common is the same events: ids go by content.
"""

import asyncio
import re
from collections.abc import Hashable, Sequence
from fnmatch import fnmatchcase
from typing import ClassVar, Self

from adapters.cold_chain.cold_file_config import ColdFileConfig
from adapters.cold_chain.cold_http_watch import Watch
from adapters.cold_chain.exports import berlinger, reading
from adapters.cold_chain.exports.slabs import ROWS_A_PIECE
from adapters.cold_chain.undecodable import Undecodable
from hub.contract import Adapter, DeviceConfig, DeviceState, Frame, Interpretation, MalformedFrame, Outlet
from hub.streams import DropFolder, DropWatch, mark_of, now_ms

_ORIGIN = re.compile(r"file ([0-9]{1,15}) ([0-9]{1,9}|all) .*", re.DOTALL)
_KEPT_OF_TOO_LARGE = 64 * 1024


class ColdFile(Adapter[ColdFileConfig]):
    """One logger. ``run_shared`` serves all whose files come into one folder."""

    Config: ClassVar[type[DeviceConfig]] = ColdFileConfig

    def __init__(self, config: ColdFileConfig, outlet: Outlet) -> None:
        super().__init__(config, outlet)
        self.watch = Watch(None, self._tell)
        self.state: tuple[DeviceState, str] = ("ONLINE", "")  # by what its newest file says
        self.last_heard = 0.0

    async def run(self) -> None:
        await self.run_shared([self])

    def link(self) -> Hashable:
        return self.config.folder

    @classmethod
    async def run_shared(cls, members: Sequence[Self]) -> None:
        """Watch the folder of ``members``; raises DeviceUnavailable when it or the store is away."""
        await Shelf(members).run()

    def interpret(self, frame: Frame, received_ms: int) -> Interpretation:
        """Of a file, or of a piece of one; the first piece is the whole, and only its first rows are read."""
        came = _ORIGIN.fullmatch(frame.origin)
        received_ms = int(came[1]) if came else received_ms
        most_rows = int(came[2]) if came and came[2] != "all" else None
        try:
            return reading.understand(frame, received_ms, self.config, most_rows)
        except Undecodable as error:
            problem = MalformedFrame(frame.raw, error.reason, error.place, frame.control, frame.origin)
            return Interpretation(problems=(problem,))

    def owns(self, name: str, raw: bytes) -> bool:
        """Whether a file is this logger's, as far as its name and its number say."""
        config = self.config
        is_named = any(fnmatchcase(name.lower(), pattern) for pattern in config.patterns)
        return is_named and config.serial in ("", berlinger.serial_of(raw))

    def _tell(self, state: DeviceState, reason: str) -> None:
        self.state = (state, reason)


class Shelf:
    """The folder, and the loggers whose files come there."""

    def __init__(self, members: Sequence[ColdFile]) -> None:
        self.members = members
        configs = [member.config for member in members]
        self.folder = DropFolder(
            configs[0].folder,
            tuple(dict.fromkeys(pattern for config in configs for pattern in config.patterns)),
            max(config.stable_seconds for config in configs),
            max(config.file_max_bytes for config in configs),
            max(config.unfinished_seconds for config in configs),
        )
        self._told: dict[str, tuple[DeviceState, str]] = {}

    async def run(self) -> None:
        began = asyncio.get_running_loop().time()
        for member in self.members:
            member.last_heard = began
        look_seconds = min(member.config.look_seconds for member in self.members)
        await DropWatch(self.folder, look_seconds, self.commit, self.looked, berlinger.is_cut_short).run()

    def looked(self, can_take: bool, heard: bool) -> None:
        now = asyncio.get_running_loop().time()
        for member in self.members:
            silent_after = member.config.silent_after_seconds
            state = member.state
            if not can_take:
                state = ("DEGRADED", "file_not_taken")
            elif silent_after and now - member.last_heard >= silent_after:
                state = ("UNKNOWN", "device.silent")
            if self._told.get(member.config.id) != state:
                self._told[member.config.id] = state
                member.outlet.health(*state)

    async def commit(self, raw: bytes, name: str, mark: str) -> bool:
        """Whether anything of a file could be understood."""
        first = self.members[0]
        origin = f"file {now_ms()} all {name}"
        if len(raw) > self.folder.file_max_bytes:
            kept = MalformedFrame(raw[:_KEPT_OF_TOO_LARGE], "cold.too_large", "", mark, origin)
            await first.outlet.quarantine(kept, attributed=len(self.members) == 1)
            return False
        owners = [member for member in self.members if member.owns(name, raw)]
        if len(owners) != 1:
            reason = "cold.file_of_several" if owners else "cold.file_of_none"
            await first.outlet.quarantine(MalformedFrame(raw, reason, "", mark, origin), attributed=False)
            return False
        return await self._file(owners[0], raw, name, mark)

    async def _file(self, owner: ColdFile, raw: bytes, name: str, mark: str) -> bool:
        came_ms = now_ms()
        try:
            pieces = await asyncio.to_thread(lambda: list(reading.pieces(raw, owner.config)))
        except Undecodable as error:
            origin = f"file {came_ms} all {name}"
            await owner.outlet.quarantine(MalformedFrame(raw, error.reason, error.place, mark, origin))
            return False
        rows = "all" if len(pieces) == 1 else f"{ROWS_A_PIECE}"
        taken = [
            await self._piece(owner, Frame(piece, mark_of(piece), f"file {came_ms} {rows} {name}"), came_ms)
            for piece in pieces
        ]
        owner.last_heard = asyncio.get_running_loop().time()
        return any(taken)

    async def _piece(self, owner: ColdFile, frame: Frame, came_ms: int) -> bool:
        meaning = await asyncio.to_thread(owner.understand, frame, came_ms)
        if not meaning.facts and meaning.problems:
            await owner.outlet.quarantine(meaning.problems[0])
            return False
        await owner.outlet.emit(*meaning.facts, frame=frame, problems=meaning.problems)
        heard = owner.watch.of(meaning.facts, {})
        if heard:
            owner.watch.hear(heard, came_ms)
        return True
