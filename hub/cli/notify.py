"""``epihub notify``: notices of alarms."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer

from hub.cli.captures import DEFAULT_DATA, EDGE_SOCKET
from hub.control import SOCKET, ControlClient
from hub.errors import OperatorError
from hub.events import format_time

app = typer.Typer(no_args_is_help=True, help="Notices of alarms.")
Data = Annotated[Path, typer.Option("--data", help="Data directory of the running epihub.")]
Keys = Annotated[list[str], typer.Argument(help="Notices as `list` names them; none: all given up.")]


def call(data: Path, name: str, **arguments: Any) -> dict[str, Any]:
    """Ask the running hub, or an edge that is apart from its own and has alarms."""
    path = data / SOCKET
    edge = data / EDGE_SOCKET
    client = ControlClient(edge if edge.exists() and not path.exists() else path)
    return asyncio.run(client.call(name, **arguments))


@app.command("test")
def try_channel(
    channel: Annotated[str, typer.Argument(help="Id of a [[notify.channel]].")],
    person: Annotated[str, typer.Option("--person", help="To this person; else to the channel itself.")] = "",
    data: Data = DEFAULT_DATA,
) -> None:
    """Send a word over a channel and tell what became of it."""
    told = call(data, "notify.test", channel=channel, person=person)
    if told["outcome"] != "delivered":
        raise OperatorError(f"{channel}: {told['outcome']} ({told['code']})")
    typer.echo(f"{channel}: delivered")


@app.command("list")
def list_notices(
    state: Annotated[str, typer.Option("--state", help="DEAD, WAITING, DELIVERED or SKIPPED.")] = "DEAD",
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 100,
    data: Data = DEFAULT_DATA,
) -> None:
    """Notices by their state, those that changed last first; persons by their id."""
    for entry in call(data, "notify.list", state=state, limit=limit)["items"]:
        code = f"  {entry['code']}" if entry["code"] else ""
        typer.echo(
            f"{entry['key']}  {entry['site']}  {entry['kind']:9}  {entry['channel']}  "
            f"{entry['person'] or '-'}  due {format_time(entry['due_ms'])}  {entry['tries']} tries{code}"
        )


@app.command()
def retry(keys: Keys = [], data: Data = DEFAULT_DATA) -> None:  # noqa: B006
    """Send again what was given up."""
    _decide(keys, "WAITING", data)


@app.command()
def skip(keys: Keys = [], data: Data = DEFAULT_DATA) -> None:  # noqa: B006
    """Never send what was given up."""
    _decide(keys, "SKIPPED", data)


def _decide(keys: list[str], state: str, data: Path) -> None:
    for key in keys or [""]:
        call(data, "notify.decide", key=key, state=state)
