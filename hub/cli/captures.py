"""``epihub quarantine``: what waits for a person at this edge."""

import asyncio
import sys
from base64 import b64decode
from pathlib import Path
from typing import Annotated, Any

import typer

from hub.control import SOCKET, ControlClient, ControlUnavailable
from hub.events import UNATTRIBUTED

app = typer.Typer(no_args_is_help=True, help="Messages that could not be understood: list, look, replay.")
Data = Annotated[Path, typer.Option("--data", help="Data directory of the running epihub.")]
DEFAULT_DATA = Path("data")
EDGE_SOCKET = "edge.sock"


def call(data: Path, name: str, **arguments: Any) -> dict[str, Any]:
    """Ask the running epihub; its edge has a socket of its own where edge and hub are apart."""
    path = data / EDGE_SOCKET
    client = ControlClient(path if path.exists() else data / SOCKET)
    return asyncio.run(client.call(name, **arguments))


@app.command("list")
def list_entries(
    data: Data = DEFAULT_DATA,
    every: Annotated[bool, typer.Option("--all", help="Settled ones too.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 100,
) -> None:
    """Entries, newest first: capture, device, reason, place."""
    told = call(data, "quarantine.list", state=None if every else "WAITING", limit=limit)
    for entry in told["items"]:
        place = f" ({entry['place']})" if entry["place"] else ""
        typer.echo(
            f"{entry['capture']}/{entry['part']}  {entry['state']:9}  {entry['device']:20} "
            f"{entry['bytes']:>8} B  {entry['reason']}{place}"
        )
    typer.echo(f"{len(told['items'])} entries", err=True)


@app.command()
def show(
    capture: str,
    data: Data = DEFAULT_DATA,
    reason: Annotated[str, typer.Option(help="Why you look: stands in this edge's audit.")] = "",
) -> None:
    """The raw bytes of one capture: personal data, keep them on this machine. Every look is noted."""
    given = {"reason": reason} if reason else {}
    told = call(data, "quarantine.show", capture=_capture(capture), **given)
    typer.echo(f"{told['device']}, {len(told['events'])} events made of it", err=True)
    sys.stdout.buffer.write(b64decode(told["raw"]).replace(b"\r", b"\r\n") + b"\n")


@app.command()
def replay(
    captures: Annotated[
        list[str], typer.Argument(help="Captures as `list` names them; none: all that wait.")
    ] = [],  # noqa: B006
    data: Data = DEFAULT_DATA,
    device: Annotated[str, typer.Option(help="Whose bytes they are, where that was not known.")] = "",
) -> None:
    """Interpret again, with today's profile; new data supersedes the old."""
    waiting, unknown = ([], 0) if captures else _waiting(data)
    wanted = captures or waiting
    with typer.progressbar(wanted, label="replay", file=sys.stderr) as progress:
        done = [call(data, "quarantine.replay", capture=_capture(name), device=device) for name in progress]
    typer.echo(f"{_total(done, 'events')} new events, {_total(done, 'waiting')} still wait")
    if unknown:
        typer.echo(f"{unknown} of unknown senders were left out: name CAPTURE and --device", err=True)


def _waiting(data: Path) -> tuple[list[str], int]:
    """Captures that wait, and how many wait besides because nobody knows whose they are."""
    items = call(data, "quarantine.list", state="WAITING", limit=1000)["items"]
    known = dict.fromkeys(entry["capture"] for entry in items if entry["device"] != UNATTRIBUTED)
    unknown = {entry["capture"] for entry in items if entry["device"] == UNATTRIBUTED}
    return list(known), len(unknown)


def _total(done: list[dict[str, Any]], name: str) -> int:
    return sum(int(each[name]) for each in done)


def _capture(name: str) -> str:
    return name.partition("/")[0]


__all__ = ["ControlUnavailable", "app", "call"]
