"""``epihub audit``: who looked at or changed what, and whether the chain of it is whole."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from hub.errors import OperatorError

if TYPE_CHECKING:
    from storage.audit import AuditHead
    from storage.contract import StoreReader

app = typer.Typer(no_args_is_help=True, help="Who looked at or changed what.")
ConfigFile = Annotated[Path | None, typer.Option("--config", "-c", help="The configuration file.")]
Data = Annotated[Path | None, typer.Option("--data", help="Data directory of the hub, instead of --config.")]
EXIT_BROKEN = 1
_PAGE = 1000
T = TypeVar("T")


@app.command("list")
def list_rows(
    config: ConfigFile = None,
    data: Data = None,
    actor: Annotated[str | None, typer.Option(help="Id of a key or user.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="JSON, one object a line.")] = False,
) -> None:
    """The newest rows first."""
    from hub.events import format_time
    from storage.audit import AuditFilter

    rows = _read(config, data, lambda reader: reader.audit(AuditFilter(actor), 2**62, limit=limit))
    for row in rows:
        told = {"number": row.number, "time": format_time(row.note.at_ms)} | row.note._asdict()
        words = "{number:>9}  {time}  {actor:20} {role:9} {through:8} {action}  {target}  {outcome}"
        typer.echo(json.dumps(told, ensure_ascii=False) if as_json else words.format(**told))


@app.command()
def verify(
    config: ConfigFile = None,
    data: Data = None,
    head: Annotated[
        str, typer.Option("--head", help="NUMBER:HASH that an earlier verify printed: it must still stand.")
    ] = "",
) -> None:
    """Every row against the one before; prints the head, which is worth keeping on another machine."""
    kept = _kept(head)
    last = _read(config, data, lambda reader: _walk(reader, kept))
    typer.echo(f"{last.number} rows, one chain. Keep: {last.number}:{last.hash.hex()}")


async def _walk(reader: "StoreReader", kept: "AuditHead | None") -> "AuditHead":
    """The last row; raises OperatorError at the first that is not as it was written."""
    from storage.audit import CHAIN_BEGINS, AuditHead, first_broken

    head, seen = AuditHead(0, CHAIN_BEGINS), kept is None or kept.number == 0
    while rows := await reader.audit_after(head.number, limit=_PAGE):
        if broken := first_broken(head, rows):
            raise OperatorError(f"the audit is broken at row {broken}: it was changed, or rows are missing")
        seen = seen or any(kept == (row.number, row.hash) for row in rows)
        head = AuditHead(rows[-1].number, rows[-1].hash)
    if not seen:
        raise OperatorError("the audit does not hold the head that was kept: it was cut or made anew")
    return head


def _kept(text: str) -> "AuditHead | None":
    from storage.audit import AuditHead

    if not text:
        return None
    number, _, digest = text.partition(":")
    try:
        return AuditHead(int(number), bytes.fromhex(digest))
    except ValueError as error:
        raise OperatorError("--head: NUMBER:HASH as verify printed it") from error


def _read(config: Path | None, data: Path | None, ask: "Callable[[StoreReader], Awaitable[T]]") -> T:
    from hub.backup.place import place_of
    from storage.open import open_reader

    place = place_of(config, data)

    async def asked() -> T:
        reader = open_reader(place.store_url, place.data_dir, password=place.password)
        await reader.open()
        try:
            return await ask(reader)
        finally:
            await reader.close()

    return asyncio.run(asked())
