"""The key file: who may ask the API, as SHA-256 hashes of random 256-bit tokens.

Tokens have full entropy, so a plain hash is enough. The file is replaced whole (0600), so that a
reader sees the old list or the new one; a running API reads it again as soon as it changes.
"""

import hashlib
import hmac
import os
import secrets
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, get_args

import msgspec

from hub.errors import ConfigError, OperatorError

Role = Literal["device", "operator", "reporter", "admin", "public", "vault"]
ROLES: tuple[Role, ...] = get_args(Role)
LARGEST_KEY_FILE_BYTES = 1 << 20
_LONGEST_NOTE = 200
_LONGEST_TOKEN = 128


class Key(msgspec.Struct, frozen=True):
    """One key: ``hash`` is the SHA-256 of its token in hex, ``created`` Unix ms.

    ``sites``, ``districts``: what it may see, both empty: everything.
    """

    id: str
    role: Role
    hash: str
    created: int
    note: str = ""
    sites: tuple[str, ...] = ()
    districts: tuple[str, ...] = ()


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
    token = f"eh_{secrets.token_urlsafe(32)}"
    made_ms, within = int(time.time() * 1000), (tuple(sites), tuple(districts))
    key = Key(secrets.token_hex(4), role, hash_of(token), made_ms, note[:_LONGEST_NOTE], *within)
    _write_keys(path, [*read_keys(path), key])
    return token


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
        self._path = path
        self._stamp: tuple[int, int, int] | None = None
        self._keys: list[Key] = []
        self._closed = False

    @property
    def required(self) -> bool:
        """Whether anybody needs credentials."""
        self._refresh()
        return self._closed

    def find(self, token: str) -> Key | None:
        """The key of ``token``; every hash is compared, each in constant time."""
        self._refresh()
        if len(token) > _LONGEST_TOKEN:
            return None
        wanted = hash_of(token)
        found = [key for key in self._keys if hmac.compare_digest(key.hash, wanted)]
        return found[0] if found else None

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

    def _look(self) -> tuple[int, int, int] | None:
        try:
            state = self._path.stat()
        except FileNotFoundError:
            return None
        except OSError:
            return (-1, -1, -1)
        return (state.st_mtime_ns, state.st_size, state.st_ino)
