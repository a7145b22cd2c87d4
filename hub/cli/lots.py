"""``epihub lots``: vaccine lots and where each is, at the running hub."""

import asyncio
from datetime import datetime
from getpass import getuser
from pathlib import Path
from typing import Annotated, Any

import typer

from hub.cli.captures import DEFAULT_DATA
from hub.control import SOCKET, ControlClient
from hub.errors import OperatorError

app = typer.Typer(help="Vaccine lots and where each is (lô vắc xin).", no_args_is_help=True)
Data = Annotated[Path, typer.Option("--data", help="Data directory of the running epihub.")]


@app.command("list")
def list_lots(
    unit: Annotated[str, typer.Option("--unit", help="Only those that are or were in this unit.")] = "",
    data: Data = DEFAULT_DATA,
) -> None:
    """Where each lot is now."""
    for row in _call(data, "lots", unit=unit)["items"]:
        where = row["unit"] or f"({row['reason']})"
        typer.echo(
            f"{row['lot']:20} {where:24} since {row['since']}  {row['product']}  expires {row['expiry']}"
        )


@app.command()
def place(
    lot: Annotated[str, typer.Argument(help="Number of the lot, or number~mark of a part of it.")],
    unit: Annotated[str, typer.Option("--unit", help="The unit into which it is put.")] = "",
    out: Annotated[str, typer.Option("--out", help="It is taken out: used, discarded or sent.")] = "",
    begins: Annotated[str, typer.Option("--from", help="RFC 3339; left out: now.")] = "",
    product: Annotated[str, typer.Option("--product", help="As docs/exposure.md names it.")] = "",
    expiry: Annotated[str, typer.Option("--expiry", help="Its last day, YYYY-MM-DD.")] = "",
    doses: Annotated[int | None, typer.Option("--doses", min=1)] = None,
    by: Annotated[str, typer.Option("--by", help="Who; left out: this machine's account.")] = "",
    data: Data = DEFAULT_DATA,
) -> None:
    """Put a lot into a unit, move it, or take it out."""
    told = _call(
        data,
        "lot.place",
        lot=lot,
        by=by or getuser(),
        unit=unit,
        reason=out,
        from_ms=_moment_ms(begins) if begins else None,
        product=product,
        expiry=expiry,
        doses=doses,
    )
    if told["outcome"] != "done":
        raise OperatorError(f"refused: {told['reason']}")
    typer.echo("entered")


def _moment_ms(text: str) -> int:
    """Raises OperatorError for a time without a zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise OperatorError("--from is no RFC 3339 time") from error
    if moment.tzinfo is None:
        raise OperatorError("--from needs a zone: 2026-11-22T14:30:00+07:00")
    return round(moment.timestamp() * 1000)


def _call(data: Path, name: str, **arguments: Any) -> dict[str, Any]:
    return asyncio.run(ControlClient(data / SOCKET).call(name, **arguments))
