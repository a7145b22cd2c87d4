"""The key file: who may ask the API, as SHA-256 hashes of random 256-bit tokens.

Tokens have full entropy, so a plain hash is enough. The file is replaced whole (0600), so that a
reader sees the old list or the new one; a running API reads it again as soon as it changes.
"""

import hashlib
import os
import secrets
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal, get_args

import msgspec

from hub.errors import ConfigError, OperatorError
from hub.private_file import write_private

Role = Literal["device", "operator", "reporter", "admin", "public", "vault"]
ROLES: tuple[Role, ...] = get_args(Role)
LARGEST_KEY_FILE_BYTES = 1 << 20
_LONGEST_NOTE = 200
_LONGEST_TOKEN = 128
_DAY_MS = 86_400_000
MOST_ROTATION_DAYS = 90
USED_FILE = "api-keys-used.json"
_USED_EVERY_MS = 60_000


class Key(msgspec.Struct, frozen=True):
    """One key: ``hash`` is the SHA-256 of its token in hex, ``created`` Unix ms.

    ``sites``, ``districts``: what it may see, both empty: everything. ``former``: hash of the token before,
    which counts until ``former_until`` (Unix ms) so that whoever has it can be given the new one.
    """

    id: str
    role: Role
    hash: str
    created: int
    note: str = ""
    sites: tuple[str, ...] = ()
    districts: tuple[str, ...] = ()
    former: str = ""
    former_until: int = 0


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def read_keys(path: Path) -> list[Key]:
    """The keys of ``path``, none when there is no file; raises ConfigError when it cannot be read."""
    try:
        body = path.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ConfigError(f"key file: {error.strerror}") from error
    if len(body) > LARGEST_KEY_FILE_BYTES:
        raise ConfigError("key file: over 1 MiB")
    try:
        return msgspec.json.decode(body, type=list[Key])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"key file: {error}") from error


def _write_keys(path: Path, keys: Sequence[Key]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(list(keys))))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def add_key(
    path: Path, role: Role, note: str = "", *, sites: Sequence[str] = (), districts: Sequence[str] = ()
) -> str:
    """Make a key and give its token, which is nowhere stored; raises OperatorError, ConfigError."""
    if role not in ROLES:
        raise OperatorError(f"no role of that name; there are {', '.join(ROLES)}")
    name = secrets.token_hex(4)
    token, within = _token(name), (tuple(sites), tuple(districts))
    key = Key(name, role, hash_of(token), _now_ms(), note[:_LONGEST_NOTE], *within)
    _write_keys(path, [*read_keys(path), key])
    return token


def rotate_key(path: Path, key_id: str, days: int) -> str:
    """Give the key a new token, and give that; the one it had counts for ``days`` more, one before that no
    longer. Raises OperatorError, ConfigError."""
    if not 0 <= days <= MOST_ROTATION_DAYS:
        raise OperatorError(f"0 to {MOST_ROTATION_DAYS} days")
    keys = read_keys(path)
    old = next((key for key in keys if key.id == key_id), None)
    if old is None:
        raise OperatorError("no key with that id")
    token = _token(key_id)
    fresh = msgspec.structs.replace(
        old, hash=hash_of(token), former=old.hash if days else "", former_until=_now_ms() + days * _DAY_MS
    )
    _write_keys(path, [fresh if key is old else key for key in keys])
    return token


def _token(key_id: str) -> str:
    """``eh_<id>_<32 random bytes>``: the id tells whose a token is that was found somewhere."""
    return f"eh_{key_id}_{secrets.token_urlsafe(32)}"


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def list_keys(path: Path) -> list[Key]:
    """All keys, oldest first; raises ConfigError."""
    return read_keys(path)


def revoke_key(path: Path, key_id: str) -> None:
    """Take a key away; raises OperatorError when there is none with that id.

    The last key cannot go: without any, the API would open itself to everybody on this machine.
    """
    keys = read_keys(path)
    left = [key for key in keys if key.id != key_id]
    if len(left) == len(keys):
        raise OperatorError("no key with that id")
    if not left:
        raise OperatorError("the last key stays: add another one first, or delete the key file")
    _write_keys(path, left)


class KeyRing:
    """The key file as a running API sees it.

    Once a key was seen, or while the file cannot be read, credentials are required until restart:
    a file that vanishes or breaks must not open the door.
    """

    def __init__(self, path: Path) -> None:
        self.path = self._path = path
        self._stamp: tuple[int, int, int] | None = None
        self._keys: list[Key] = []
        self._by_hash: dict[str, Key] = {}
        self._used = Used(path.with_name(USED_FILE))
        self._closed = False

    @property
    def required(self) -> bool:
        """Whether anybody needs credentials."""
        self._refresh()
        return self._closed

    def find(self, token: str) -> Key | None:
        """The key of ``token``, looked up by hash: the time of that says nothing about a token."""
        self._refresh()
        if len(token) > _LONGEST_TOKEN:
            return None
        wanted = hash_of(token)
        found = self._by_hash.get(wanted)
        if found is None or (wanted == found.former and _now_ms() >= found.former_until):
            return None
        self._used.now(found.id)
        return found

    def by_id(self, key_id: str) -> Key | None:
        self._refresh()
        return next((key for key in self._keys if key.id == key_id), None)

    def _refresh(self) -> None:
        stamp = self._look()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._keys = read_keys(self._path)
        except ConfigError:
            self._keys = []
            self._closed = True
        self._closed = self._closed or bool(self._keys)
        self._by_hash = {key.former: key for key in self._keys if key.former}
        self._by_hash |= {key.hash: key for key in self._keys}

    def _look(self) -> tuple[int, int, int] | None:
        try:
            state = self._path.stat()
        except FileNotFoundError:
            return None
        except OSError:
            return (-1, -1, -1)
        return (state.st_mtime_ns, state.st_size, state.st_ino)


class Used:
    """When each key was used last, in a file beside the keys: to the minute, and lost with a crash."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._told: dict[str, int] | None = None
        self._written_ms = 0

    def now(self, key_id: str) -> None:
        """Never in the way: where it cannot be written, it is not known."""
        now_ms = _now_ms()
        if self._told is None:
            self._told = read_used(self._path)
        self._told[key_id] = now_ms
        if now_ms - self._written_ms >= _USED_EVERY_MS:
            self._written_ms = now_ms
            with suppress(OSError):
                write_private(self._path, msgspec.json.encode(self._told), durable=False)


def read_used(path: Path) -> dict[str, int]:
    """{key's id: Unix ms}; what cannot be read is not known."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, int])
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return {}
