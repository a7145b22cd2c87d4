"""``epihub projection verify``: whether a time-series server has what the store has, and its repair."""

from pathlib import Path
from typing import Annotated

import typer

from hub.errors import OperatorError

ConfigFile = Annotated[Path, typer.Option("--config", "-c", help="The configuration file.")]


def verify(
    name: Annotated[str, typer.Argument(help="Name of a [[projection]].")],
    config: ConfigFile = Path("epihub.toml"),
    from_day: Annotated[str, typer.Option("--from", help="First UTC day, YYYY-MM-DD.")] = "",
    to_day: Annotated[str, typer.Option("--to", help="Last UTC day, YYYY-MM-DD.")] = "",
    repair: Annotated[bool, typer.Option("--repair", help="Send again what differs, and look again.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """So với kho / compare counts and sums of every series and day with the store."""
    raise OperatorError("not yet")
