"""The ``file_drop`` adapter: analyzers whose software writes result files into a folder.

A file is read when it is whole, committed, and only then put away: into ``done``, or ``rejected`` where
nothing of it could be understood. The same bytes again are the same events.
"""

import asyncio
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from adapters.lab_analyzers.message_files import READERS, form_of, messages
from adapters.lab_analyzers.pictures import pictures
from adapters.lab_analyzers.presence_rules import Rhythm
from adapters.lab_analyzers.presence_watch import SILENT
from adapters.lab_analyzers.profiles import Profile, load_anew, load_profile
from adapters.lab_analyzers.settings import AnalyzerConfig
from adapters.lab_analyzers.workbooks import is_cut_short
from hub.contract import Adapter, Frame, Interpretation, MalformedFrame, Picture
from hub.streams import DropFolder, DropWatch, mark_of, now_ms

_KEPT_OF_TOO_LARGE = 64 * 1024


class FileDropConfig(AnalyzerConfig):
    """An analyzer that writes files: tables (CSV, text, XLSX, XLS), HL7 or ASTM."""

    kind: Literal["file_drop"]
    folder: Path = Field(description="Where its files come; `done` and `rejected` are made in it.")
    patterns: tuple[str, ...] = Field(
        default=("*.csv", "*.txt", "*.tsv", "*.xlsx", "*.xls", "*.hl7", "*.astm"),
        min_length=1,
        description="Names that are taken, in lower case; others are left alone.",
    )
    stable_seconds: float = Field(
        default=10, ge=0, le=3600, description="A file is whole when nothing wrote to it for so long."
    )
    unfinished_seconds: float = Field(
        default=300,
        ge=0,
        le=86_400,
        description="How long a workbook without its end, or a file open elsewhere, is waited for.",
    )
    silent_after_seconds: float = Field(
        default=0, ge=0, le=30 * 86_400, description="Without a file for so long it is told silent; 0: never."
    )
    look_seconds: float = Field(default=2, gt=0, le=3600, description="How often the folder is looked at.")
    file_max_bytes: int = Field(
        default=16 * 1024 * 1024, ge=1024, le=256 * 1024 * 1024, description="Longest file."
    )


class FileDrop(Adapter[FileDropConfig]):
    """One folder of one analyzer."""

    Config = FileDropConfig

    def label_patterns(self) -> tuple[str, str]:
        return self.config.label_patterns

    def known_tests(self) -> dict[str, str]:
        return self.config.known_tests

    async def run(self) -> None:
        """Until cancelled; raises DeviceUnavailable when the folder or the store is away."""
        config = self.config
        folder = DropFolder(
            config.folder,
            config.patterns,
            config.stable_seconds,
            config.file_max_bytes,
            config.unfinished_seconds,
        )
        clock = asyncio.get_running_loop()

        def looked(can_take: bool, heard: bool) -> None:
            if heard:
                self._rhythm.heard(clock.time(), lambda: 0)
            self._tell(folder, can_take, self._rhythm.is_silent(clock.time(), 0, 0))

        self._rhythm.began(clock.time())
        await DropWatch(folder, config.look_seconds, self._commit, looked, is_cut_short).run()

    def _tell(self, folder: DropFolder, can_take: bool, silent: bool) -> None:
        if not can_take:
            self.outlet.health("DEGRADED", "a file cannot be read or moved")
        elif silent:
            self.outlet.health("UNKNOWN", SILENT)
        else:
            self.outlet.health("ONLINE", "a file is not whole yet" if folder.waits else "watching")

    async def _commit(self, raw: bytes, name: str, mark: str) -> bool:
        """Whether anything of the file could be understood; ``mark`` stands for a control id."""
        if len(raw) > self.config.file_max_bytes:
            place = f"byte {self.config.file_max_bytes}"
            await self.outlet.quarantine(
                MalformedFrame(raw[:_KEPT_OF_TOO_LARGE], "file.too_large", place, mark)
            )
            return False
        if not raw.strip():
            await self.outlet.quarantine(MalformedFrame(raw, "file.empty", "byte 0", mark, name))
            return False
        committed = [await self._one(found, name) for found in messages(raw, form_of(raw, self._profile))]
        return any(committed)

    async def _one(self, found: Frame | MalformedFrame, name: str) -> bool:
        if isinstance(found, MalformedFrame):
            await self.outlet.quarantine(
                MalformedFrame(
                    found.raw, found.reason, found.place, found.control or mark_of(found.raw), name
                )
            )
            return False
        # The digest stands for a control id: the same bytes in another file are the same message.
        frame = Frame(found.raw, found.control or mark_of(found.raw), name)
        meaning = await asyncio.to_thread(self.understand, frame, now_ms())
        if not meaning.facts and meaning.problems:
            await self.outlet.quarantine(meaning.problems[0])
            return False
        await self.outlet.emit(*meaning.facts, frame=frame, problems=meaning.problems)
        return True

    def read_rules_anew(self) -> None:
        load_anew(self.config.profile)
        vars(self).pop("_profile", None)

    def interpret(self, frame: Frame, received_ms: int) -> Interpretation:
        config, profile = self.config, self._profile
        reader = READERS[form_of(frame.raw, profile)]
        read = reader(profile, self.outlet.pseudonyms, config.site, ZoneInfo(config.timezone), config.charset)
        return read.interpret(frame, received_ms)

    def pictures(self, frame: Frame) -> Sequence[Picture]:
        is_hl7 = form_of(frame.raw, self._profile) == "hl7"
        return pictures(frame.raw, self.config.charset or self._profile.charset) if is_hl7 else ()

    @cached_property
    def _rhythm(self) -> Rhythm:
        """A fixed one: a cycler may have nothing to write for days, and only a person knows how many."""
        return Rhythm(self.config.silent_after_seconds)

    @cached_property
    def _profile(self) -> Profile:
        return load_profile(self.config.profile)
