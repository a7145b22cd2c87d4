"""``epihub backup``, ``verify`` and ``restore``: an installation in one file, and the proof of it."""

import asyncio
import os
import tempfile
import time
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.progress import ProgressLine, tidy
from hub.errors import OperatorError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from storage.archive import Manifest
    from storage.sqlite.checks import Finding

EXIT_FINDING = 1
ALARMS = Path("alarms")
POLITE = 10  # the hub beside us answers devices: it has the processor first

ConfigFile = Annotated[
    Path | None, typer.Option("--config", "-c", help="The configuration; it is part of the backup then.")
]
Data = Annotated[Path | None, typer.Option("--data", help="Data directory, where there is no --config.")]
StoreUrl = Annotated[
    str | None, typer.Option("--store-url", help="PostgreSQL, instead of what --config says.")
]


def backup(
    target: Annotated[Path, typer.Argument(help="A folder, or the name of a new file.")],
    config: ConfigFile = None,
    data: Data = None,
    store_url: StoreUrl = None,
) -> None:
    """Sao lưu / back up store and spool into one file while everything runs."""
    from hub.backup.place import place_of
    from hub.backup.take import take_backup

    os.setpriority(os.PRIO_PROCESS, 0, max(POLITE, os.getpriority(os.PRIO_PROCESS, 0)))
    began = time.monotonic()
    line = ProgressLine("sao lưu / backup")
    place = place_of(config, data, store_url)
    with tidy(line):
        taken = asyncio.run(take_backup(place, target, line.tell))
    seconds = time.monotonic() - began
    typer.echo(f"{taken.path}: {taken.bytes / 1e6:.1f} MB, {taken.rows} dòng / rows, {seconds:.1f} s")
    _describe(taken.manifest)
    typer.echo(f"kiểm tra / check it: epihub verify {taken.path}", err=True)


def verify(
    file: Annotated[
        Path | None,
        typer.Argument(help="A backup; left out: the store itself; alarms: only the ledger of incidents."),
    ] = None,
    config: ConfigFile = None,
    data: Data = None,
    store_url: StoreUrl = None,
    scratch: Annotated[
        Path | None, typer.Option("--scratch", help="Folder with room to unpack; the system's if left out.")
    ] = None,
) -> None:
    """Kiểm tra / unpack a backup elsewhere and look through it, or look through the store that runs."""
    line = ProgressLine("giải nén / unpack")
    with tidy(line):
        if file == ALARMS and not file.exists():
            good = _verify_alarms(config, data, store_url)
        elif file is not None:
            good = _verify_backup(file, scratch, line)
        else:
            good = _verify_store(config, data, store_url, scratch, line)
    if not good:
        raise typer.Exit(EXIT_FINDING)


def restore(
    file: Annotated[Path, typer.Argument(help="The backup.")],
    config: ConfigFile = None,
    data: Data = None,
    store_url: StoreUrl = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="A store that is there is kept under another name.")
    ] = False,
) -> None:
    """Phục hồi / put a backup back; epihub must not run. The edges then send what it does not have."""
    from hub.backup.place import place_of
    from hub.backup.restore import restore_backup
    from storage.archive import Archive

    place = place_of(config, data, store_url)
    line = ProgressLine("phục hồi / restore")
    with Archive(file) as archive:
        with tidy(line):
            done = asyncio.run(restore_backup(archive, place, replace=replace, progress=line.tell))
        _describe(archive.manifest)
    for each in done.lines:
        typer.echo(each)
    typer.echo(
        "khởi động lại epihub, các trạm sẽ gửi lại phần còn thiếu / "
        "start epihub again: the edges send what is missing",
        err=True,
    )


def _verify_backup(
    file: Path, scratch: Path | None, line: ProgressLine, before: "Iterable[Finding]" = ()
) -> bool:
    """``before``: findings to be told with those of the backup."""
    from hub.backup.verify import verify_backup
    from storage.archive import Archive

    with Archive(file) as archive:
        _describe(archive.manifest)
        return _report(chain(before, verify_backup(archive, scratch, line.tell)), line)


def _verify_store(
    config: Path | None, data: Path | None, store_url: str | None, scratch: Path | None, line: ProgressLine
) -> bool:
    from hub.backup.place import place_of
    from hub.backup.take import take_backup
    from hub.backup.verify import verify_place, verify_spool

    _require_place(config, data, store_url)
    place = place_of(config, data, store_url)
    if not place.store_url:
        return _report(verify_place(place), None)
    with tempfile.TemporaryDirectory(prefix="epihub-verify-", dir=scratch) as folder:
        copy = Path(folder) / "store.zip"
        asyncio.run(take_backup(place.without_spool(), copy, line.tell))
        return _verify_backup(copy, scratch, line, verify_spool(place))


def _verify_alarms(config: Path | None, data: Path | None, store_url: str | None) -> bool:
    from hub.backup.place import place_of
    from hub.backup.verify import of_edge, verify_alarms
    from hub.runtime.edge_alarm_folder import EDGE_ALARMS
    from storage.open import DATABASE, open_reader

    async def look(url: str | None, folder: Path) -> "list[Finding]":
        reader = open_reader(url, folder, password=place.password)
        await reader.open()
        try:
            return await verify_alarms(reader)
        finally:
            await reader.close()

    _require_place(config, data, store_url)
    place = place_of(config, data, store_url)
    at_edge = place.data_dir / EDGE_ALARMS
    alone = at_edge.exists() and not place.store_url and not (place.data_dir / DATABASE).exists()
    found = [] if alone else asyncio.run(look(place.store_url, place.data_dir))
    if at_edge.exists():  # those of an edge that is apart, a ledger of its own
        found += of_edge(asyncio.run(look(None, at_edge)))
    return _report(found, None)


def _require_place(config: Path | None, data: Path | None, store_url: str | None) -> None:
    if config is None and data is None and store_url is None:
        raise OperatorError("name a backup, or --data DIR, or --config FILE")


def _report(findings: "Iterable[Finding]", line: ProgressLine | None) -> bool:
    wrong = 0
    for finding in findings:
        if line:
            line.end()
        typer.echo(f"{'ok ' if finding.good else '!! '} {finding.what}: {finding.detail}")
        wrong += not finding.good
    typer.echo("mọi thứ đúng / everything holds" if not wrong else f"{wrong} chỗ sai / wrong")
    return not wrong


def _describe(manifest: "Manifest") -> None:
    typer.echo(f"  {manifest.made} · epihub {manifest.epihub} · {manifest.hub or '-'}")
    if manifest.store:
        counts = ", ".join(f"{count} {name}" for name, count in manifest.store.counts.items())
        typer.echo(f"  store {manifest.store.id}, schema {manifest.store.schema}: {counts}")
    if manifest.spool:
        typer.echo(f"  spool {manifest.spool.epoch}: {manifest.spool.events} events")
    if manifest.alarms:
        typer.echo(f"  alarms of the edge, schema {manifest.alarms.schema}")
