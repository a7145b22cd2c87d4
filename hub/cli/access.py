"""``epihub key``: who may use the API and the console."""

import time
from pathlib import Path
from typing import Annotated, get_args

import typer

from api.keys import Role, add_key, list_keys, revoke_key
from hub.errors import OperatorError

app = typer.Typer(no_args_is_help=True, help="Keys of the API and the console.")
Data = Annotated[Path, typer.Option("--data", help="Data directory of the hub.")]
DEFAULT_DATA = Path("data")
KEYS_FILE = "api-keys.json"


@app.command()
def add(
    role: Annotated[str, typer.Argument(help="device, operator, reporter, admin, public or vault.")],
    note: Annotated[str, typer.Option(help="What it is for.")] = "",
    data: Data = DEFAULT_DATA,
) -> None:
    """Make a key and show it once. From the first key on, everything needs one."""
    known = next((each for each in get_args(Role) if each == role), None)
    if known is None:
        raise OperatorError(f"no role {role!r}; there are {', '.join(get_args(Role))}")
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    typer.echo(add_key(data / KEYS_FILE, known, note))


@app.command("list")
def list_all(data: Data = DEFAULT_DATA) -> None:
    """Ids, roles and notes; never the keys."""
    for key in list_keys(data / KEYS_FILE):
        typer.echo(f"{key.id}  {key.role:9} {key.note}")


@app.command()
def revoke(key: Annotated[str, typer.Argument(help="Id of the key.")], data: Data = DEFAULT_DATA) -> None:
    """End a key at once."""
    revoke_key(data / KEYS_FILE, key)
    typer.echo(f"revoked {key} at {time.strftime('%d/%m/%Y %H:%M:%S')}")
