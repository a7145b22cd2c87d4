"""``epihub vault``: carry the province key to another edge, sealed under a passphrase."""

import os
from pathlib import Path
from typing import Annotated

import typer

from hub.errors import OperatorError
from hub.vault import KEYS, Vault

app = typer.Typer(no_args_is_help=True, help="The edge's keys: escrow, and the province key for other edges.")
Data = Annotated[Path, typer.Option("--data", help="Data directory of the edge.")]
DEFAULT_DATA = Path("data")
PASSPHRASE_ENV = "EPIHUB_VAULT_PASSPHRASE"
SHORTEST_PASSPHRASE = 12


@app.command("export")
def export_keys(file: Path, data: Data = DEFAULT_DATA) -> None:
    """Write a sealed file; the passphrase is asked for, or taken from EPIHUB_VAULT_PASSPHRASE."""
    sealed = Vault(data / KEYS).export_keys(_passphrase(confirm=True))
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as target:
        target.write(sealed)
    typer.echo(f"{file}: keep it and the passphrase in different places", err=True)


@app.command("import")
def import_keys(file: Path, data: Data = DEFAULT_DATA) -> None:
    """Take the province key over; an existing different key is never overwritten."""
    try:
        sealed = file.read_bytes()
    except OSError as error:
        raise OperatorError(f"{file}: {error.strerror}") from error
    taken = Vault(data / KEYS).import_keys(sealed, _passphrase(confirm=False))
    typer.echo(f"taken over: {', '.join(taken) or 'nothing new'}; restart the edge", err=True)


def _passphrase(*, confirm: bool) -> str:
    passphrase = os.environ.get(PASSPHRASE_ENV) or str(
        typer.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm)
    )
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise OperatorError(f"a passphrase has at least {SHORTEST_PASSPHRASE} characters")
    return passphrase
