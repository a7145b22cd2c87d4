"""``epihub destination``: systems that get what the store holds (docs/feeds.md)."""

import json
from getpass import getuser
from pathlib import Path
from typing import Annotated, Any

import typer

from hub.cli.captures import DEFAULT_DATA

app = typer.Typer(no_args_is_help=True, help="Systems that get what the store holds, event by event.")
Data = Annotated[Path, typer.Option("--data", help="Data directory of the running epihub.")]
Name = Annotated[str, typer.Argument(help="Name of a [[destination]], or id of a webhook.")]
Json = Annotated[bool, typer.Option("--json", help="JSON, one object a line.")]
By = Annotated[str, typer.Option("--by", help="Who does it; your account if left out.")]
Numbers = Annotated[list[int] | None, typer.Option("--number", min=1, help="Of the log; may be repeated.")]


@app.command("list")
def list_destinations(data: Data = DEFAULT_DATA, as_json: Json = False) -> None:
    """Every destination: state, backlog, what waits, dead letters, the last answer."""
    for row in _call(data, "destination.list")["items"]:
        typer.echo(json.dumps(row, ensure_ascii=False) if as_json else _in_words(row))


@app.command()
def pause(name: Name, data: Data = DEFAULT_DATA, by: By = "") -> None:
    """Send nothing more until it is resumed; the log keeps what waits."""
    _call(data, "destination.pause", name=name, by=by or getuser())
    typer.echo(f"{name} is paused")


@app.command()
def resume(name: Name, data: Data = DEFAULT_DATA, by: By = "") -> None:
    """Go on where it stood, and try at once; also one that its receiver disabled."""
    _call(data, "destination.resume", name=name, by=by or getuser())
    typer.echo(f"{name} goes on")


@app.command()
def dead(
    name: Name,
    data: Data = DEFAULT_DATA,
    waiting: Annotated[bool, typer.Option("--waiting", help="What waits for another attempt.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 100,
    as_json: Json = False,
) -> None:
    """Dead letters by number, each with a code for why."""
    state = "waiting" if waiting else "dead"
    for row in _call(data, "destination.outbox", name=name, state=state, limit=limit)["items"]:
        told = f"{row['number']:>12}  {row['event_type']:28} {row['attempts']:>4} attempts  {row['reason']}"
        typer.echo(json.dumps(row, ensure_ascii=False) if as_json else told)


@app.command()
def replay(
    name: Name,
    data: Data = DEFAULT_DATA,
    dead_letters: Annotated[bool, typer.Option("--dead", help="All dead letters.")] = False,
    number: Numbers = None,
    from_number: Annotated[int | None, typer.Option("--from", min=1, help="First number of the log.")] = None,
    to_number: Annotated[int | None, typer.Option("--to", min=1, help="Last number of the log.")] = None,
    event_type: Annotated[list[str] | None, typer.Option("--type", help="Only these types (lab.*).")] = None,
    site: Annotated[list[str] | None, typer.Option("--site", help="Only these sites.")] = None,
    by: By = "",
) -> None:
    """Send again, with the ids that they had."""
    sent, start = 0, from_number
    while True:
        told = _call(
            data, "destination.replay", name=name, by=by or getuser(), dead=dead_letters, numbers=number,
            from_number=start, to_number=to_number, types=event_type, sites=site,
        )  # fmt: skip
        sent, start = sent + told["events"], told["next_number"]
        if start is None:
            break
    typer.echo(f"{sent} events are sent to {name} again")


@app.command()
def drop(name: Name, data: Data = DEFAULT_DATA, number: Numbers = None, by: By = "") -> None:
    """Forget dead letters; how many is counted."""
    told = _call(data, "destination.drop", name=name, by=by or getuser(), numbers=number or [])
    typer.echo(f"{told['events']} dead letters of {name} are dropped")


def _in_words(row: dict[str, Any]) -> str:
    standing = " ".join(filter(None, (row["state"], row["reason"])))
    if row["paused_by"]:
        standing += f" by {row['paused_by']} since {row['paused_since']}"
    return (
        f"{row['name']:20} {standing}: {row['backlog']} events behind, settled up to {row['number']}; "
        f"{row['taken']} taken, {row['waiting']} wait, {row['dead']} dead, {row['forgotten']} forgotten; "
        f"last answer {row['last_answer'] or 'none'}"
    )


def _call(data: Path, call: str, /, **arguments: Any) -> dict[str, Any]:
    """A hub's own socket: edges have no destinations."""
    import asyncio

    from hub.control import SOCKET, ControlClient

    return asyncio.run(ControlClient(data / SOCKET).call(call, **arguments))
