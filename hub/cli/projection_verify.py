"""``epihub projection verify``: whether a time-series server has what the store has, and its repair."""

import asyncio
import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.progress import ProgressLine
from hub.clock import now_ms
from hub.errors import OperatorError

if TYPE_CHECKING:
    from hub.backup.place import Place
    from storage.influx.comparing import Difference
    from storage.influx.reading.read_back import ReadBack
    from storage.influx.settings import ProjectionSettings
    from storage.influx.verify import Asked
    from storage.influx.verifying.report import Report

EXIT_FINDING = 1
EXIT_AWAY = 3
_EPOCH = date(1970, 1, 1)

Name = Annotated[str, typer.Argument(help="Name of a [[projection]].")]
ConfigFile = Annotated[Path, typer.Option("--config", "-c", help="The configuration file.")]
FromDay = Annotated[
    str, typer.Option("--from", help="First UTC day, YYYY-MM-DD; left out: the first there is.")
]
ToDay = Annotated[str, typer.Option("--to", help="Last UTC day, YYYY-MM-DD; left out: the last there is.")]


def verify(
    name: Name,
    config: ConfigFile = Path("epihub.toml"),
    from_day: FromDay = "",
    to_day: ToDay = "",
    repair: Annotated[
        bool, typer.Option("--repair", help="Send again what differs, and look again.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """So với kho / compare the server's counts and sums with the store's; epihub may run meanwhile."""
    from storage.influx.reading.read_back import ReadBackFailed
    from storage.influx.verifying.resending import LinesNotTaken

    line = ProgressLine("so sánh / compare")
    try:
        report = asyncio.run(
            _verify(config, name, _day(from_day, "--from"), _day(to_day, "--to"), repair, line)
        )
    except (ReadBackFailed, LinesNotTaken) as error:
        typer.echo(f"epihub: {name}: {error}", err=True)
        raise typer.Exit(EXIT_AWAY) from error
    finally:
        line.end()
    if as_json:
        typer.echo(json.dumps(report.builtins(), ensure_ascii=False))
    else:
        _tell(report)
    if report.wrong:
        raise typer.Exit(EXIT_FINDING)


async def _verify(
    config: Path, name: str, first: int | None, last: int | None, repair: bool, line: ProgressLine
) -> "Report":
    from storage.influx.days import LAST_DAY
    from storage.influx.verify import Asked

    place, settings = await asyncio.to_thread(_read, config, name)
    end = LAST_DAY + 1 if last is None else last + 1
    asked = Asked(first, end, now_ms(), settings.history)
    back = settings.read_back()
    if back is None:
        raise OperatorError(f'{name}: read = "none": nothing is read back of it')
    try:
        return await _compare(place, settings, back, asked, repair, line)
    finally:
        await asyncio.to_thread(back.close)


def _read(config: Path, name: str) -> "tuple[Place, ProjectionSettings]":
    """Raises ConfigError, OperatorError."""
    from hub.backup.place import place_of
    from hub.config.loader import load
    from hub.runtime.projection_wiring import projection_settings

    named = {each.name: each for each in projection_settings(load(config))}
    if name not in named:
        raise OperatorError(f"there is no such [[projection]]; there are: {', '.join(named) or 'none'}")
    return place_of(config, None), named[name]


async def _compare(
    place: "Place",
    settings: "ProjectionSettings",
    back: "ReadBack",
    asked: "Asked",
    repair: bool,
    line: ProgressLine,
) -> "Report":
    from storage.influx.comparison import compare
    from storage.influx.verifying.resending import Resending
    from storage.open import open_reader

    writer = settings.writer() if repair else None
    reader = open_reader(place.store_url, place.data_dir, password=place.password)
    await reader.open()
    try:
        resending = (
            Resending(writer, hub_name=place.hub, most_lines=settings.batch_points) if writer else None
        )
        return await compare(reader, back, settings, asked, resending, line.tell)
    finally:
        await reader.close()
        if writer is not None:
            await asyncio.to_thread(writer.close)


def _day(text: str, option: str) -> int | None:
    """Days since 1970-01-01; raises OperatorError."""
    if not text:
        return None
    try:
        return (date.fromisoformat(text) - _EPOCH).days
    except ValueError as error:
        raise OperatorError(f"{option} is no day: write YYYY-MM-DD") from error


def _tell(report: "Report") -> None:
    from storage.influx.verifying.report import day_text

    typer.echo(
        f"{report.name}: {report.points} giá trị / readings, {report.cells} ô so sánh / cells compared"
    )
    for found in report.differences:
        typer.echo(_difference(found))
    unnamed = report.wrong + report.withdrawn + report.contested - len(report.differences)
    if unnamed:
        typer.echo(f"… {unnamed} chỗ nữa / more")
    if report.history_before is not None:
        before = day_text(report.history_before)
        typer.echo(f"chưa gửi các ngày trước / days still to be sent: before {before}")
    for count, words in (
        (report.coming, "ô còn đang gửi / cells still on their way"),
        (report.withdrawn, "ô có số đo đã rút lại / cells with withdrawn readings that stay there"),
        (report.contested, "ô có thời điểm nhiều giá trị / cells with instants of several values"),
        (report.foreign, "chuỗi không phải của kho này / series that are not of this store"),
        (report.unsent, "chuỗi không gửi / series of readings that are not sent"),
        (report.sent, "dòng đã gửi lại / lines sent again"),
        (report.refused, "dòng bị từ chối / of them refused"),
        (report.repaired, "chỗ đã sửa / repaired"),
    ):
        if count:
            typer.echo(f"{count} {words}")
    typer.echo("mọi thứ khớp / everything agrees" if not report.wrong else f"{report.wrong} chỗ sai / wrong")


def _difference(found: "Difference") -> str:
    from storage.influx.verifying.report import day_text

    tags = " ".join(f"{name}={value}" for name, value in found.tags)
    mark = "!! " if found.wrong else "ok "
    what = f"{found.measurement} {found.field} {found.kind}"
    if found.expected.count != found.found.count:
        figures = f"{found.found.count} / {found.expected.count}"
    else:
        figures = f"sum {found.found.sum:g} / {found.expected.sum:g}"
    return f"{mark} {day_text(found.day)} {what}: {figures} · {tags}"
