"""Who may say and hear what on the bus (design 5), written as MQTT topic filters."""

import fcntl
import json
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from hub.errors import ConfigError, OperatorError
from hub.events import partition_of
from hub.private_file import write_private

ROOT = "epihub/v1"
HUB = "hub"
API = "api"
_OWN_TREE = "epihub"


@dataclass(frozen=True, slots=True)
class BusAccount:
    """A user of the bus; ``publish`` and ``subscribe`` are MQTT topic filters, empty means nothing."""

    name: str
    password: str = field(repr=False)
    publish: tuple[str, ...] = ()
    subscribe: tuple[str, ...] = ()


def hub_account(password: str) -> BusAccount:
    """The hub: alone in publishing receipts, births, lists and commands; hears everything of ours."""
    publish = ("hub/+", "receipt/+", "list/#", "cmd/#", "evt/+/+/hub/#", "state/+/hub/#")
    return BusAccount(HUB, password, _ours(publish), (f"{ROOT}/#",))


def edge_account(edge_id: str, password: str, sites: Iterable[str] = ()) -> BusAccount:
    """An edge: speaks only as itself (and only of ``sites``, if given), hears only what is meant for it."""
    places = tuple(sites) or ("+",)
    publish = [f"evt/+/{place}/{edge_id}/#" for place in places]
    publish += [f"state/{place}/{edge_id}/#" for place in places]
    subscribe = (f"receipt/{edge_id}", f"hub/p{partition_of(edge_id):02d}", "list/#", f"cmd/+/{edge_id}/#")
    return BusAccount(edge_id, password, _ours(publish), _ours(subscribe))


def edge_apart_account(edge_id: str, password: str, sites: Iterable[str] = ()) -> BusAccount:
    """A ``[[bus.edge]]``: its processes share one account, and its API writes as an edge of its own."""
    places = tuple(sites)
    api = edge_account(api_edge(edge_id), password, places)
    return together(edge_id, password, [edge_account(edge_id, password, places), api])


def together(name: str, password: str, accounts: Iterable[BusAccount]) -> BusAccount:
    """One account that may what all of these may."""
    parts = tuple(accounts)
    publish = _widest(each for part in parts for each in part.publish)
    subscribe = _widest(each for part in parts for each in part.subscribe)
    return BusAccount(name, password, publish, subscribe)


def _widest(filters: Iterable[str]) -> tuple[str, ...]:
    """Without those that another one includes."""
    kept = tuple(dict.fromkeys(filters))
    return tuple(each for each in kept if not any(_includes(other, each) for other in kept if other != each))


def _includes(wide: str, narrow: str) -> bool:
    """Whether every topic of ``narrow`` is one of ``wide`` (MQTT 3.1.1, 4.7)."""
    ours, theirs = wide.split("/"), narrow.split("/")
    if ours[-1] == "#":
        ours.pop()
        theirs = theirs[: len(ours)]
    return len(ours) == len(theirs) and all(
        own in ("+", other) and other != "#" for own, other in zip(ours, theirs, strict=True)
    )


def api_edge(edge_id: str) -> str:
    """Edge id, and user name, under which the API beside an edge writes events (design 6)."""
    return f"{edge_id}-api"


def own_accounts(edge_id: str) -> tuple[str, ...]:
    """User names of what runs on the machine of the embedded broker."""
    return (HUB, API, edge_id, api_edge(edge_id), sensor_reader_name(edge_id))


def api_account(password: str) -> BusAccount:
    """API and console: send commands, watch events. What they write themselves goes by an edge of theirs."""
    return BusAccount(API, password, _ours(("cmd/#",)), _ours(("evt/#", "state/#", "receipt/+", "hub/+")))


def sensor_reader_name(edge_id: str) -> str:
    """Name of the account by which an edge reads the device side of the bus."""
    return f"{edge_id}-sensors"


def sensor_reader_account(edge_id: str, password: str, subscribe: Iterable[str]) -> BusAccount:
    """An edge's ``cold_mqtt``: only hears, and only device topics such as ``zigbee2mqtt/#``."""
    filters = tuple(subscribe)
    _check_device_filters(f"sensors of {edge_id}", filters)
    return BusAccount(sensor_reader_name(edge_id), password, (), filters)


def device_account(
    name: str, password: str, publish: Iterable[str], subscribe: Iterable[str] = ()
) -> BusAccount:
    """A ``[[bus.user]]``: publishes device topics; raises ConfigError for filters that reach ours."""
    account = BusAccount(name, password, tuple(publish), tuple(subscribe))
    if not password:
        raise ConfigError(f"bus user {name}: an empty password would let anybody in")
    _check_device_filters(f"bus user {name}", account.publish + account.subscribe)
    return account


def load_or_create(path: Path, names: Iterable[str]) -> dict[str, str]:
    """Random passwords of our own accounts, made once and kept in ``path`` (JSON, mode 0600).

    Names that are new get one; those no longer asked for stay. Raises OperatorError when the file cannot
    be used: a silent new one would lock out edges on other machines.
    """
    wanted = tuple(names)
    passwords = _load(path)
    if all(name in passwords for name in wanted):
        return passwords
    try:
        with _alone(path):  # edge and hub may start at the same moment
            passwords = _load(path)
            passwords |= {name: secrets.token_urlsafe(32) for name in wanted if name not in passwords}
            write_private(path, json.dumps(passwords, indent=1, sort_keys=True) + "\n")
    except OSError as error:
        raise OperatorError(f"{path}: {error.strerror}") from error
    return passwords


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    lock = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _load(path: Path) -> dict[str, str]:
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise OperatorError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError:
        raise OperatorError(f"{path}: not a file of passwords") from None
    if mode & 0o077:
        raise OperatorError(f"{path}: others may read the bus's passwords; chmod 600 it")
    return _parse(path, text)


def _parse(path: Path, text: str) -> dict[str, str]:
    try:
        passwords = json.loads(text)
    except ValueError:
        passwords = None
    if not isinstance(passwords, dict) or not all(
        isinstance(each, str) and each for each in passwords.values()
    ):
        raise OperatorError(f"{path}: not a file of passwords; restore it, or remove it to make new ones")
    return passwords


def _ours(tails: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"{ROOT}/{tail}" for tail in tails)


def _check_device_filters(owner: str, filters: Iterable[str]) -> None:
    for each in filters:
        if each.split("/")[0] in ("+", "#", _OWN_TREE):
            raise ConfigError(f"{owner}: {each!r} reaches {_OWN_TREE}/, which is not for devices")
