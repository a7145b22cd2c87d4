"""The users file: people who sign in with a name and a password, kept as argon2id hashes (RFC 9106).

Beside the key file, with its promises: 0600, replaced whole, read again as soon as it changes.
"""

import hashlib
import re
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from api.keys import LARGEST_KEY_FILE_BYTES, ROLES, Role
from hub.errors import ConfigError, OperatorError
from hub.private_file import write_private

if TYPE_CHECKING:
    from argon2 import PasswordHasher

USERS_FILE = "api-users.json"
SHORTEST_PASSWORD, LONGEST_PASSWORD = 12, 256
_NAME = re.compile(r"[a-z][a-z0-9._-]{1,31}\Z")
_LIKE_A_KEY = re.compile(r"[0-9a-f]{8}\Z")
ROLES_OF_PEOPLE = tuple(role for role in ROLES if role != "device")


class User(msgspec.Struct, frozen=True):
    """``hash``: argon2id as its own text says; ``created`` Unix ms. ``sites``, ``districts`` as of a key."""

    name: str
    role: Role
    hash: str
    created: int
    sites: tuple[str, ...] = ()
    districts: tuple[str, ...] = ()

    @property
    def session(self) -> str:
        """What a session remembers: another password, and it is over."""
        return f"user:{self.name}:{hashlib.sha256(self.hash.encode()).hexdigest()[:16]}"


@cache
def _hasher() -> "PasswordHasher":
    """The library's own choice: RFC 9106's second, 64 MiB, three passes."""
    from argon2 import PasswordHasher

    return PasswordHasher()


@cache
def _nobody() -> str:
    """Compared with where there is no such user, so that the time tells nothing."""
    return _hasher().hash("nobody has this password")


def right_password(user: User | None, password: str) -> bool:
    """About 50 ms and 64 MiB, whoever it is: call it in a thread, few at a time."""
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        _hasher().verify(user.hash if user else _nobody(), password[:LONGEST_PASSWORD])
    except (VerificationError, InvalidHashError):
        return False
    return user is not None


def read_users(path: Path) -> list[User]:
    """None where there is no file; raises ConfigError when it cannot be read."""
    try:
        body = path.read_bytes()
        if len(body) > LARGEST_KEY_FILE_BYTES:
            raise ConfigError("users file: over 1 MiB")
        return msgspec.json.decode(body, type=list[User])
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ConfigError(f"users file: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError("users file: not a list of users") from error


def add_user(
    path: Path,
    name: str,
    role: Role,
    password: str,
    *,
    sites: Sequence[str] = (),
    districts: Sequence[str] = (),
) -> None:
    """Raises OperatorError for a name that is there, or no name or password of ours; ConfigError."""
    users = read_users(path)
    if not _NAME.match(name) or _LIKE_A_KEY.match(name) or name == "local":
        raise OperatorError("a name has 2 to 32 of a-z 0-9 . _ -, begins with a letter, and is no key's id")
    if role not in ROLES_OF_PEOPLE:
        raise OperatorError(f"no role of people; there are {', '.join(ROLES_OF_PEOPLE)}")
    if any(user.name == name for user in users):
        raise OperatorError("there is a user of that name")
    made = User(name, role, _hashed(password), int(time.time() * 1000), tuple(sites), tuple(districts))
    _write(path, [*users, made])


def set_password(path: Path, name: str, password: str) -> None:
    """Ends the user's sessions, too; raises OperatorError, ConfigError."""
    fresh = _hashed(password)
    users = read_users(path)
    if not any(user.name == name for user in users):
        raise OperatorError("no user of that name")
    _write(path, [msgspec.structs.replace(one, hash=fresh) if one.name == name else one for one in users])


def revoke_user(path: Path, name: str) -> None:
    """Raises OperatorError, ConfigError. The last one may go: an empty list keeps the door closed."""
    users = read_users(path)
    left = [user for user in users if user.name != name]
    if len(left) == len(users):
        raise OperatorError("no user of that name")
    _write(path, left)


def _hashed(password: str) -> str:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise OperatorError(f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters")
    return _hasher().hash(password)


def _write(path: Path, users: Sequence[User]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_private(path, msgspec.json.format(msgspec.json.encode(list(users))))


class UserBook:
    """The users file as a running API sees it; a file that was there, or cannot be read, closes the door."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int, int] | None = None
        self._users: dict[str, User] = {}
        self._closed = False

    @property
    def required(self) -> bool:
        self._refresh()
        return self._closed

    def find(self, name: str) -> User | None:
        self._refresh()
        return self._users.get(name)

    def of_session(self, told: str) -> User | None:
        """None: not a user's session, or one from before the password was changed."""
        kind, _, rest = told.partition(":")
        found = self.find(rest.partition(":")[0]) if kind == "user" else None
        return found if found is not None and found.session == told else None

    def _refresh(self) -> None:
        stamp = self._look()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        self._closed = self._closed or stamp is not None
        try:
            self._users = {user.name: user for user in read_users(self._path)}
        except ConfigError:
            self._users = {}

    def _look(self) -> tuple[int, int, int] | None:
        try:
            state = self._path.stat()
        except FileNotFoundError:
            return None
        except OSError:
            return (-1, -1, -1)
        return (state.st_mtime_ns, state.st_size, state.st_ino)
