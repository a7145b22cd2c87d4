"""``epihub orders``: what laboratories want measured at this edge."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from hub.cli.captures import DEFAULT_DATA, call
from hub.errors import OperatorError
from hub.events import format_time

app = typer.Typer(no_args_is_help=True, help="Orders of the laboratory: what analyzers are to measure.")
Data = Annotated[Path, typer.Option("--data", help="Data directory of the running epihub.")]
Number = Annotated[str, typer.Argument(metavar="ORDER", help="The order's number.")]
_REFUSED = {
    "unknown": "there is no such order",
    "resulted": "its results are here already; nothing was changed",
}


@app.command("list")
def list_orders(
    data: Data = DEFAULT_DATA,
    specimen: Annotated[str, typer.Option(help="Only of this specimen.")] = "",
    state: Annotated[str, typer.Option(help="PLACED, SENT, RESULTED, CANCELLED or EXPIRED.")] = "",
    device: Annotated[str, typer.Option(help="Only of this device: whose it is, or who took it.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 100,
) -> None:
    """Orders, newest first: number, state, specimen, tests."""
    narrowed = {"specimen": specimen or None, "state": state.upper() or None, "device": device or None}
    for order in _pages(data, limit, narrowed):
        typer.echo(_line(order))
    book = call(data, "orders.book")
    typer.echo(f"{book['placed']} wait, {book['sent']} are with a device; at most {book['most']}", err=True)


@app.command()
def show(order: Number, data: Data = DEFAULT_DATA) -> None:
    """One order, and which event gave which test its result."""
    found = call(data, "orders.show", order=order)["item"]
    if found is None:
        raise OperatorError(_REFUSED["unknown"])
    typer.echo(_line(found))
    for result in found["results"]:
        typer.echo(
            f"  {result['test']}  {format_time(result['at_ms'])}  {result['device']}  {result['event']}"
        )


@app.command()
def cancel(order: Number, data: Data = DEFAULT_DATA) -> None:
    """Take an order back; an analyzer that has it is told."""
    told = call(data, "orders.place", orders=[{"order": order, "cancelled": True}])
    if refused := told.get("refused"):
        raise OperatorError(_REFUSED.get(refused[0]["code"], "it was refused; nothing was changed"))
    typer.echo(_line(told["items"][0]))


def _pages(data: Path, limit: int, narrowed: dict[str, str | None]) -> Iterator[dict[str, Any]]:
    left, further = limit, dict[str, int]()
    while left:
        told = call(data, "orders.list", **narrowed, **further, limit=left)
        yield from told["items"]
        left -= len(told["items"])
        if told["next"] is None:
            return
        further = {"before": told["next"]}


def _line(order: dict[str, Any]) -> str:
    where = order["sent_to"] or order["device"] or order["site"]
    return (
        f"{order['order']:24} {order['state']:9}  {format_time(order['placed_ms'])}  "
        f"{order['specimen']:20} {where:20} {order['priority']:7}  {' '.join(order.get('tests', ()))}"
    )
