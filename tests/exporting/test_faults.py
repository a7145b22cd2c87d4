"""What ends in the middle leaves no file: a server that goes, a disk that takes no more, a damaged store."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import asyncpg
import pytest

from hub.errors import OperatorError, StoreUnavailable
from storage.exporting.columns import Row
from storage.exporting.export import FORMATS, Format, export_table, moment_of
from storage.exporting.moment import Moment
from storage.exporting.new_file import NewFile
from storage.exporting.table import Table
from storage.exporting.tables import tables
from storage.exporting.window import Window
from tests.exporting.conftest import Filled
from tests.exporting.test_new_file import left
from tests.exporting.test_rows import ALL

Then = Callable[[Moment], Awaitable[None]]


class Interrupted:
    """Events, and something happens after the first rows of them."""

    time = "arrived"

    def __init__(self, then: Then) -> None:
        self._table: Table = tables()["events"]
        self._then = then
        self.name, self.about, self.columns = "events", "", self._table.columns

    async def blocks(self, moment: Moment, window: Window) -> AsyncIterator[list[Row]]:
        async for block in self._table.blocks(moment, window):
            yield block
            await self._then(moment)
            await moment.one("SELECT count(*) FROM event")

    async def total(self, moment: Moment, window: Window) -> int:
        return 0


async def interrupted(filled: Filled, folder: Path, form: Format, then: Then) -> None:
    place = filled.place
    async with moment_of(place.store_url, place.data_dir, place.password) as moment:
        await export_table(moment, Interrupted(then), ALL, NewFile(folder / "events"), form, people=True)


@pytest.mark.slow
@pytest.mark.parametrize("server", ["postgresql"], indirect=True)
@pytest.mark.parametrize("form", FORMATS)
async def test_a_server_that_goes_leaves_nothing(filled: Filled, tmp_path: Path, form: Format) -> None:
    async def terminate(moment: Moment) -> None:
        process = await moment.one("SELECT pg_backend_pid()")
        connection = await asyncpg.connect(filled.place.store_url, password=filled.place.password)
        await connection.fetch("SELECT pg_terminate_backend($1)", process)
        await connection.close()

    with pytest.raises(StoreUnavailable, match=r"store\.connection"):
        await interrupted(filled, tmp_path, form, terminate)
    assert left(tmp_path) == []


@pytest.mark.parametrize("form", FORMATS)
async def test_a_disk_that_takes_no_more_is_told(
    filled: Filled, tmp_path: Path, form: Format, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_target: NewFile) -> None:
        raise OSError(28, "No space left on device")

    async def nothing(_moment: Moment) -> None:
        """Goes on."""

    monkeypatch.setattr(NewFile, "require_room", full)
    with pytest.raises(OperatorError, match=r"events: No space left on device"):
        await interrupted(filled, tmp_path, form, nothing)
    assert left(tmp_path) == []
