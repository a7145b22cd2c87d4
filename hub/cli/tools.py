"""``epihub init`` and ``epihub simulate``."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from hub.errors import OperatorError


def init(
    folder: Annotated[Path, typer.Argument(help="Where to put the configuration and the data.")] = Path(),
) -> None:
    """Write a commented epihub.toml and make the province's keys."""
    from hub.config.example import example
    from hub.config.kinds import Kinds
    from hub.vault import KEYS, Vault

    target = folder / "epihub.toml"
    if target.exists():
        raise OperatorError(f"{target} exists; nothing was changed")
    folder.mkdir(parents=True, exist_ok=True)
    Vault(folder / "data" / KEYS).make_province_key()
    target.write_text(example(Kinds.installed()), "utf-8")
    data = folder / "data"
    for line in (
        f"{target}: describe your sites and devices there, then: epihub check {target}",
        f"{data / KEYS}: the province key; escrow it now: epihub vault export FILE --data {data}",
        f"start with: epihub up --config {target}",
    ):
        typer.echo(line)


def simulate(context: typer.Context) -> None:
    """Simulated devices against any hub: lab, cold-chain, gate, camera or province."""
    from simulators.run import main

    sys.exit(main(context.args or ["--help"]))
