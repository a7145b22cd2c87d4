"""``epihub map``: boundaries of districts, in place of the schematic map (docs/places.md)."""

from pathlib import Path
from typing import Annotated

import typer

from hub.cli.captures import DEFAULT_DATA
from hub.errors import OperatorError

app = typer.Typer(no_args_is_help=True, help="Boundaries of districts (bản đồ).")
Data = Annotated[Path, typer.Option("--data", help="Data directory of the hub.")]


@app.command("import")
def import_map(
    file: Annotated[Path, typer.Argument(help="GeoJSON (RFC 7946): a feature a district, with its code.")],
    data: Data = DEFAULT_DATA,
) -> None:
    """Draw the map with these boundaries from now on; nothing changes where something is wrong."""
    from hub.places.boundaries import LARGEST_BYTES, read_boundaries
    from hub.places.kept_map import keep

    try:
        with file.open("rb") as opened:
            found = read_boundaries(opened.read(LARGEST_BYTES + 1))
        if not found.problems:
            keep(found, data)
    except OSError as error:
        raise OperatorError(f"{error.filename}: {error.strerror}") from error
    if found.problems:
        raise OperatorError("\n".join(["the map is not imported:", *found.problems]))
    left_out = f"; {found.left_out} features of other places left out" if found.left_out else ""
    typer.echo(f"{len(found.codes)} districts imported{left_out}")


@app.command()
def remove(data: Data = DEFAULT_DATA) -> None:
    """Draw the schematic map again."""
    from hub.places.kept_map import forget

    try:
        known = forget(data)
    except OSError as error:
        raise OperatorError(f"{error.filename}: {error.strerror}") from error
    typer.echo("the schematic map is drawn again" if known else "there was no imported map")
