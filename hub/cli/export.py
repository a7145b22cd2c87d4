"""``epihub export``: a table of the store as CSV or Parquet, while everything runs."""

import asyncio
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.backup import POLITE, StoreUrl
from hub.cli.progress import ProgressLine, tidy
from hub.errors import OperatorError

if TYPE_CHECKING:
    from hub.backup.place import Place
    from storage.exporting.export import Exported, Format
    from storage.exporting.table import Table

FORMATS: "dict[str, Format]" = {"csv": "csv", "parquet": "parquet"}
Moment = "A date (its midnight at the hub) or an RFC 3339 time"


def export(
    table: Annotated[
        str, typer.Argument(help="Which table; left out: a list of them.", show_default=False)
    ] = "",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file; its ending names the format.")
    ] = None,
    wanted: Annotated[
        str, typer.Option("--format", help="csv or parquet; left out: by the file's ending.")
    ] = "",
    begins: Annotated[str, typer.Option("--from", help=f"{Moment}; left out: from the first.")] = "",
    ends: Annotated[str, typer.Option("--to", help=f"{Moment}, exclusive; left out: to the last.")] = "",
    people: Annotated[
        bool, typer.Option("--with-pseudonyms", help="With the columns that stand for one person.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file that is there.")] = False,
    config: Annotated[Path | None, typer.Option("--config", "-c", help="The configuration.")] = None,
    data: Annotated[
        Path | None, typer.Option("--data", help="Data directory, where there is no --config.")
    ] = None,
    store_url: StoreUrl = None,
) -> None:
    """Xuất dữ liệu / write a table of the store as CSV or Parquet while everything runs."""
    if not table:
        _list_tables()
        return
    if output is None:
        raise OperatorError("name a file with --output")
    chosen, form = _table(table, begins or ends), _format(wanted, output)
    from hub.backup.place import place_of

    os.setpriority(os.PRIO_PROCESS, 0, max(POLITE, os.getpriority(os.PRIO_PROCESS, 0)))
    began = time.monotonic()
    line = ProgressLine("xuất / export")
    with tidy(line):
        done = asyncio.run(
            _export(
                place_of(config, data, store_url), chosen, (begins, ends), output, form, people, force, line
            )
        )
    seconds = time.monotonic() - began
    typer.echo(f"{done.path}: {done.rows} dòng / rows, {done.bytes / 1e6:.1f} MB, {seconds:.1f} s")


async def _export(
    place: "Place",
    table: "Table",
    times: tuple[str, str],
    output: Path,
    form: "Format",
    people: bool,
    force: bool,
    line: ProgressLine,
) -> "Exported":
    from storage.exporting.export import export_table, moment_of, zone_of
    from storage.exporting.new_file import NewFile
    from storage.exporting.window import window_of

    async with moment_of(place.store_url, place.data_dir, place.password) as moment:
        window = window_of(*times, await zone_of(moment), round(time.time() * 1000))
        target = NewFile(output, replace=force)
        return await export_table(moment, table, window, target, form, people=people, tell=line.tell)


def _table(name: str, timed: str) -> "Table":
    from storage.exporting.tables import tables

    table = tables().get(name)
    if table is None:
        raise OperatorError(f"no such table; there are: {', '.join(tables())}")
    if timed and not table.time:
        raise OperatorError(f"{name} has no time: leave --from and --to out")
    return table


def _format(wanted: str, output: Path) -> "Format":
    found = FORMATS.get(wanted or output.suffix.removeprefix(".").lower())
    if found is None:
        raise OperatorError("--format is csv or parquet")
    return found


def _list_tables() -> None:
    from storage.exporting.tables import tables

    for name, table in tables().items():
        typer.echo(f"{name:16} {table.about}")
