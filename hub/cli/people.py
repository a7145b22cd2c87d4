"""``epihub list``: the lists of people that gates look up. Ids become pseudonyms on this machine."""

import asyncio
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.errors import OperatorError

if TYPE_CHECKING:
    from hub.config.models import Config
    from hub.people.records import PeopleListName
    from hub.pseudonyms import KeyedPseudonyms

app = typer.Typer(
    no_args_is_help=True, help="Lists of people for gates: who is watched, declared, vaccinated."
)
LARGEST_TABLE_BYTES = 1 << 30
ConfigFile = Annotated[Path, typer.Option("--config", "-c", help="The configuration file.")]
DEFAULT_CONFIG = Path("epihub.toml")
ListName = Annotated[str, typer.Argument(metavar="LIST", help="watch, declared or doses.")]


@app.command("import")
def import_list(
    name: ListName,
    file: Annotated[Path, typer.Argument(help="A table (CSV), or what --to wrote elsewhere.")],
    config: ConfigFile = DEFAULT_CONFIG,
    add: Annotated[bool, typer.Option("--add", help="To who is on it; else the list is only these.")] = False,
    to: Annotated[
        Path | None, typer.Option("--to", help="Write pseudonyms into this file instead, for a hub apart.")
    ] = None,
) -> None:
    """Give the hub a list: from a table of ids, where the province key is; the table stays here."""
    from hub.config.loader import load

    wanted, settings = _named(name), load(config)
    entries, key = _read(file, wanted, settings)
    if not entries:
        raise OperatorError("nobody stands in it; to empty a list: epihub list clear")
    if add:
        entries, key = _added(entries, key, wanted, settings)
    if to:
        _write(to, entries, key)
        typer.echo(f"{to}: {len(entries)} pseudonyms; at the hub: epihub list import {wanted} {to}")
        return
    _hand_over(wanted, entries, key, settings)


@app.command()
def clear(name: ListName, config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Nobody is on the list any more."""
    from hub.config.loader import load

    _hand_over(_named(name), {}, None, load(config))


@app.command()
def show(config: ConfigFile = DEFAULT_CONFIG) -> None:
    """What the hub has, and what the edge of this machine keeps of it."""
    from hub.config.loader import load

    data_dir = load(config).hub.data_dir
    found = [line for socket, name in _PLACES for line in _lines(data_dir, socket, name)]
    if not found:
        raise OperatorError("no epihub runs with this data directory")
    for line in found:
        typer.echo(line)


_PLACES = (("control.sock", "people.show"), ("control.sock", "people.kept"), ("edge.sock", "people.kept"))


def _lines(data_dir: Path, socket: str, call: str) -> list[str]:
    from hub.control import ControlClient, ControlUnavailable

    try:
        told = asyncio.run(ControlClient(data_dir / socket).call(call))
    except (ControlUnavailable, OperatorError):  # not there, or not of this half
        return []
    return [_line(call, row) for row in told["items"]] or [f"{_WHERE[call]:5} no list"]


_WHERE = {"people.show": "hub", "people.kept": "edge"}


def _line(call: str, row: dict[str, Any]) -> str:
    where, trouble = _WHERE[call], row.get("trouble") or ""
    if not row.get("version"):
        return f"{where:5} {row['list']:9} {trouble}"
    times = f"made {row['made']}" if "made" in row else f"heard {row['received']}, until {row['expires']}"
    return f"{where:5} {row['list']:9} {row['count']:>9}  {row['version']}  {times}  {trouble}".rstrip()


def _named(name: str) -> "PeopleListName":
    from hub.runtime.people_shelf import IMPORTED

    wanted = next((each for each in IMPORTED if each == name), None)
    if wanted is None:
        raise OperatorError(f"there are the lists {', '.join(IMPORTED)}; positives come from results")
    return wanted


def _read(file: Path, name: "PeopleListName", config: "Config") -> tuple[dict[bytes, int], str | None]:
    """Entries and the id of their key; what is no list of pseudonyms is a table."""
    from hub.people.list_file import BadList, head_of

    try:
        key = head_of(file).key
    except BadList:
        keyed = _province_key(config)
        return _from_table(file, name, keyed, config), keyed.key_id
    return _entries_of(file), key


def _province_key(config: "Config") -> "KeyedPseudonyms":
    from hub.vault import KEYS, PROVINCE_KEY, Vault

    keys = config.hub.data_dir / KEYS
    if not (keys / PROVINCE_KEY).exists():
        raise OperatorError("no province key here: import where it is (epihub vault import), with --to")
    return Vault(keys).pseudonyms()


def _from_table(
    file: Path, name: "PeopleListName", keyed: "KeyedPseudonyms", config: "Config"
) -> dict[bytes, int]:
    from datetime import UTC, datetime
    from zoneinfo import ZoneInfo

    from hub.people.import_file import BadTable, Table

    if file.stat().st_size > LARGEST_TABLE_BYTES:
        raise OperatorError(f"{file}: over 1 GiB")
    table = Table(name, keyed.person, ZoneInfo(config.hub.timezone), datetime.now(UTC))
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            return table.entries(lines)
    except UnicodeDecodeError:
        raise OperatorError(f"{file}: not UTF-8 text") from None
    except BadTable as error:
        left = error.count - len(error.faults)
        told = [f"{file}: {fault}" for fault in error.faults] + [f"… and {left} more"] * bool(left)
        raise OperatorError("nothing was imported:\n" + "\n".join(told)) from None


def _added(
    entries: dict[bytes, int], key: str | None, name: "PeopleListName", config: "Config"
) -> tuple[dict[bytes, int], str | None]:
    """With those of the hub's list; of two records of a person the higher stays."""
    from hub.people.list_file import head_of

    path = _folder(config) / f"{name}.people"
    before = _entries_of(path) if path.exists() else {}
    if not before:
        return entries, key
    both = {each: max(entries.get(each, 0), before.get(each, 0)) for each in entries.keys() | before.keys()}
    return both, key if head_of(path).key == key else None


def _entries_of(file: Path) -> dict[bytes, int]:
    """Raises BadList."""
    from hub.people.list_file import all_of

    return dict(all_of(file))


def _folder(config: "Config") -> Path:
    from hub.runtime.settings import LISTS

    return config.hub.data_dir / LISTS


def _write(path: Path, entries: dict[bytes, int], key: str | None) -> None:
    from hub.clock import now_ms
    from hub.people.list_file import MOST_RECORDS, body_head, write_list
    from hub.people.records import body_of

    if len(entries) > MOST_RECORDS:
        raise OperatorError(f"a list has at most {MOST_RECORDS} people")
    body = body_of(entries)
    write_list(path, body_head(body, now_ms(), key), [body])


def _hand_over(name: "PeopleListName", entries: dict[bytes, int], key: str | None, config: "Config") -> None:
    """The file by the folder that the hub reads, its name by the socket."""
    from hub.control import SOCKET, ControlClient

    fresh = _folder(config) / f"{name}.{secrets.token_hex(8)}"
    try:
        _write(fresh, entries, key)
        told = asyncio.run(
            ControlClient(config.hub.data_dir / SOCKET).call("people.take", name=name, file=fresh.name)
        )
    finally:
        fresh.unlink(missing_ok=True)
    typer.echo(f"{name}: {told['count']} people, version {told['version']}")
