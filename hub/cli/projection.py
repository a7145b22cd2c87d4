"""``epihub projection``: time-series servers that are fed from the store (docs/projections.md)."""

import json
from getpass import getuser
from pathlib import Path
from typing import Annotated, Any

import typer

from hub.cli import projection_verify
from hub.cli.captures import DEFAULT_DATA

app = typer.Typer(no_args_is_help=True, help="Time-series servers that are fed from the store.")
Data = Annotated[Path, typer.Option("--data", help="Data directory of the running epihub.")]
Name = Annotated[str, typer.Argument(help="Name of a [[projection]].")]
Json = Annotated[bool, typer.Option("--json", help="JSON, one object a line.")]
app.command("verify")(projection_verify.verify)


@app.command("list")
def list_projections(data: Data = DEFAULT_DATA, as_json: Json = False) -> None:
    """Every projection: state, backlog, lag, the server's last answer, series, rejected lines."""
    for state in _call(data, "projection.states")["items"]:
        typer.echo(json.dumps(state, ensure_ascii=False) if as_json else _in_words(state))


@app.command()
def pause(
    name: Name,
    data: Data = DEFAULT_DATA,
    by: Annotated[str, typer.Option("--by", help="Who pauses it; your account if left out.")] = "",
) -> None:
    """Send nothing more until it is resumed; the store keeps what waits."""
    _call(data, "projection.pause", name=name, by=by or getuser())
    typer.echo(f"{name} is paused")


@app.command()
def resume(
    name: Name,
    data: Data = DEFAULT_DATA,
    by: Annotated[str, typer.Option("--by", help="Who resumes it; your account if left out.")] = "",
) -> None:
    """Go on where it stood."""
    _call(data, "projection.resume", name=name, by=by or getuser())
    typer.echo(f"{name} goes on")


@app.command()
def rejected(
    name: Name,
    data: Data = DEFAULT_DATA,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 100,
    as_json: Json = False,
) -> None:
    """Lines that the server would not take, newest first, with its reason."""
    for row in _call(data, "projection.rejected", name=name, limit=limit)["items"]:
        told = f"{row['at']}  {row['number']:>12}  {row['reason']}\n    {row['line']}"
        typer.echo(json.dumps(row, ensure_ascii=False) if as_json else told)


def _in_words(state: dict[str, Any]) -> str:
    standing = " ".join(filter(None, (state["state"], state["reason"])))
    if state["paused_by"]:
        standing += f" by {state['paused_by']} since {state['paused_since']}"
    over = f", {state['series_over_limit']} over the limit" if state["series_over_limit"] else ""
    return (
        f"{state['name']:20} {standing}: {state['backlog']} events behind ({state['lag_seconds']:.0f} s), "
        f"settled up to {state['number']}; {state['points']} points sent, {state['rejected']} rejected, "
        f"{state['series']} series{over}; last answer {state['last_answer'] or 'none'}"
    )


def _call(data: Path, call: str, /, **arguments: Any) -> dict[str, Any]:
    """A hub's own socket: edges have no projections."""
    import asyncio

    from hub.control import SOCKET, ControlClient

    return asyncio.run(ControlClient(data / SOCKET).call(call, **arguments))
