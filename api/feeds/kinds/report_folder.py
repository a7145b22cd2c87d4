"""``report_folder``: each revision of a day's report as a file, for whoever fetches them by SFTP or a share.

A file is whole under its name or not there; the same revision is the same bytes, so writing it twice changes
nothing. A later revision is a file of its own: nothing that was fetched is changed behind anybody's back.
"""

import asyncio
import os
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec

from api.feeds.revised_reports import RevisedReports, revised_of
from api.reports.frame.document import Copy
from hub.events import Event
from hub.feeds.contract import Answer, Feed, FeedSettings, Message, Opened, Told, Unsendable
from hub.payloads import ReportRevised

Form = Literal["csv", "xlsx"]
_TYPES = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


class FolderOptions(msgspec.Struct, frozen=True):
    """``reports``: names, empty is all; ``language`` of the words in it."""

    folder: str
    timezone: str
    form: Form = "xlsx"
    language: Literal["vi", "en"] = "vi"
    reports: tuple[str, ...] = ()


class FolderFeed(Feed):
    """One file for one revision."""

    def __init__(self, settings: FeedSettings, options: FolderOptions) -> None:
        super().__init__(settings)
        self._options = options

    def wants_type(self, event_type: str) -> bool:
        return event_type == ReportRevised.TYPE

    def wants(self, event: Event) -> bool:
        told = revised_of(event)
        named = self._options.reports
        return told is not None and (not named or told.report in named)

    def message(self, told: Told, found: Any = None) -> Message:
        if not isinstance(found, Copy):
            raise Unsendable(found if isinstance(found, str) else "report.unknown")
        form = self._options.form
        body = _written(found, self._options)
        return Message(told.event.id, body, _TYPES[form], path=file_name(found, form))


def _written(copy: Copy, options: FolderOptions) -> bytes:
    if options.form == "csv":
        from api.reports.frame.csv_form import csv_form

        return csv_form(copy, options.language)
    from api.reports.frame.xlsx_form import xlsx_form  # needs the extra

    return xlsx_form(copy, options.language)


def file_name(copy: Copy, form: str) -> str:
    """``declarations-2021-08-05-r2.xlsx``."""
    return f"{copy.document.report}-{copy.document.query['date']}-r{copy.revision}.{form}"


class FolderLine:
    """A folder of this machine, or mounted here; it is not made by us: a share that is away is away."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, message: Message) -> Answer:
        try:
            await asyncio.to_thread(self._write, message.path, message.body)
        except OSError as error:
            return Answer("again", f"folder.{error.errno or 0}")
        return Answer("taken", "written")

    async def close(self) -> None:
        return None

    def _write(self, name: str, body: bytes) -> None:
        temporary = self._folder / f".{name}.part"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o640)
        with os.fdopen(descriptor, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(self._folder / name)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def open_feed(settings: FeedSettings) -> Opened:
    options = msgspec.convert(settings.options, FolderOptions)
    looks = RevisedReports(ZoneInfo(options.timezone))
    return Opened(FolderFeed(settings, options), FolderLine(Path(options.folder)), looks)
