"""``epihub key`` and ``epihub user``: who may use the API and the console."""

import time
from pathlib import Path
from typing import Annotated

import typer

from api.keys import ROLES, USED_FILE, Role, add_key, list_keys, read_used, revoke_key, rotate_key
from api.users import USERS_FILE, add_user, read_users, revoke_user, set_password
from hub.errors import OperatorError

app = typer.Typer(no_args_is_help=True, help="Keys of the API and the console.")
users = typer.Typer(no_args_is_help=True, help="People who sign in to the console with a password.")
Data = Annotated[Path, typer.Option("--data", help="Data directory of the hub.")]
Sites = Annotated[list[str] | None, typer.Option("--site", help="Sees this site only; may be repeated.")]
Districts = Annotated[
    list[str] | None,
    typer.Option("--district", help="Sees this district only, its sites too; may be repeated."),
]
UserName = Annotated[str, typer.Argument(metavar="NAME", help="Name to sign in with.")]
DEFAULT_DATA = Path("data")
KEYS_FILE = "api-keys.json"


@app.command()
def add(
    role: Annotated[str, typer.Argument(help="device, operator, reporter, admin, public or vault.")],
    note: Annotated[str, typer.Option(help="What it is for.")] = "",
    site: Sites = None,
    district: Districts = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Make a key and show it once. From the first key on, everything needs one."""
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    typer.echo(add_key(data / KEYS_FILE, _role(role), note, sites=site or (), districts=district or ()))


@app.command("list")
def list_all(data: Data = DEFAULT_DATA) -> None:
    """Ids, roles, when each was used last, scopes and notes; never the keys."""
    used = read_used(data / USED_FILE)
    for key in list_keys(data / KEYS_FILE):
        told = [
            _scope(key.sites, key.districts),
            "two tokens" if _rotating(key.former_until) else "",
            key.note,
        ]
        typer.echo("  ".join([key.id, f"{key.role:9}", _moment(used.get(key.id)), *filter(None, told)]))


@app.command()
def rotate(
    key: Annotated[str, typer.Argument(help="Id of the key.")],
    days: Annotated[int, typer.Option(help="So long the token before still counts; 0: ends now.")] = 7,
    data: Data = DEFAULT_DATA,
) -> None:
    """Give a key a new token and show it once."""
    typer.echo(rotate_key(data / KEYS_FILE, key, days))


@app.command()
def revoke(key: Annotated[str, typer.Argument(help="Id of the key.")], data: Data = DEFAULT_DATA) -> None:
    """End a key at once."""
    revoke_key(data / KEYS_FILE, key)
    typer.echo(f"revoked {key} at {time.strftime('%d/%m/%Y %H:%M:%S')}")


@users.command("add")
def add_person(
    name: UserName,
    role: Annotated[str, typer.Argument(help="operator, reporter, admin, public or vault.")],
    site: Sites = None,
    district: Districts = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Make a user; the password is asked for. From the first user on, everything needs one, or a key."""
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    within = {"sites": site or (), "districts": district or ()}
    add_user(data / USERS_FILE, name, _role(role), _password(), **within)


@users.command("list")
def list_people(data: Data = DEFAULT_DATA) -> None:
    """Names, roles and scopes."""
    for user in read_users(data / USERS_FILE):
        typer.echo(f"{user.name:20} {user.role:9} {_scope(user.sites, user.districts)}".rstrip())


@users.command("password")
def change_password(name: UserName, data: Data = DEFAULT_DATA) -> None:
    """Set another password; whoever is signed in with the one before is out."""
    set_password(data / USERS_FILE, name, _password())


@users.command("revoke")
def revoke_person(name: UserName, data: Data = DEFAULT_DATA) -> None:
    """End a user and their sessions at once."""
    revoke_user(data / USERS_FILE, name)
    typer.echo(f"revoked {name} at {time.strftime('%d/%m/%Y %H:%M:%S')}")


def _role(told: str) -> Role:
    known: Role | None = next((each for each in ROLES if each == told), None)
    if known is None:
        raise OperatorError(f"no role {told!r}; there are {', '.join(ROLES)}")
    return known


def _password() -> str:
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))


def _scope(sites: tuple[str, ...], districts: tuple[str, ...]) -> str:
    return " ".join([*(f"site:{name}" for name in sites), *(f"district:{name}" for name in districts)])


def _rotating(until_ms: int) -> bool:
    return until_ms > time.time() * 1000


def _moment(at_ms: int | None) -> str:
    return time.strftime("%d/%m/%Y %H:%M", time.localtime(at_ms / 1000)) if at_ms else f"{'never used':16}"
