"""``epihub forward``: what goes on to a hospital's own system."""

from pathlib import Path
from typing import Annotated

import typer

from hub.cli.captures import DEFAULT_DATA, call
from hub.events import format_time

app = typer.Typer(no_args_is_help=True, help="Messages that go on to a hospital's own system.")
Data = Annotated[Path, typer.Option("--data", help="Data directory of the running epihub.")]
Name = Annotated[str, typer.Option("--forward", help="Only of the forward with this id.")]


@app.command("list")
def list_entries(
    data: Data = DEFAULT_DATA,
    forward: Name = "",
    every: Annotated[bool, typer.Option("--all", help="Delivered and skipped ones too.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 100,
) -> None:
    """The queues, then what waits and what was given up, newest first; never the bytes."""
    for queue in call(data, "forward.queues")["items"]:
        trouble = f"  ({queue['trouble']})" if queue.get("trouble") else ""
        typer.echo(
            f"{queue['id']:20} to {queue['to'] or '(not in the configuration)'}: "
            f"{queue['waiting']} wait, {queue['dead']} given up{trouble}",
            err=True,
        )
    states = [None] if every else ["DEAD", "WAITING"]
    for state in states:
        told = call(data, "forward.list", forward=forward or None, state=state, limit=limit)
        for entry in told["items"]:
            code = f"  {entry['code']}" if entry["code"] else ""
            typer.echo(
                f"{entry['capture']}  {entry['forward']:20} {entry['state']:9}  "
                f"{format_time(entry['received_ms'])}  {entry['bytes']:>8} B  {entry['tries']} tries{code}"
            )


@app.command()
def retry(
    captures: Annotated[
        list[str], typer.Argument(help="Captures as `list` names them; none: all given up.")
    ] = [],  # noqa: B006
    data: Data = DEFAULT_DATA,
    forward: Name = "",
) -> None:
    """Send again what was given up, or these captures whatever became of them."""
    typer.echo(f"{_change('forward.retry', captures, data, forward)} messages wait to be sent again")


@app.command()
def skip(
    captures: Annotated[
        list[str], typer.Argument(help="Captures as `list` names them; none: all given up.")
    ] = [],  # noqa: B006
    data: Data = DEFAULT_DATA,
    forward: Name = "",
) -> None:
    """Never send what was given up, or these captures; they stay at the edge as long as any."""
    typer.echo(f"{_change('forward.skip', captures, data, forward)} messages will not be sent")


def _change(name: str, captures: list[str], data: Path, forward: str) -> int:
    done = [call(data, name, forward=forward or None, capture=capture) for capture in captures or [""]]
    return sum(int(each["changed"]) for each in done)
