"""What an error of PostgreSQL or of the line to it means: a code without data, address or password."""

import ssl

import asyncpg

from hub.errors import StoreUnavailable
from storage.admission import UnstorableError

# Whatever the driver raises when a statement or a connection fails.
FAILURES = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)

# What one event can cause, whatever the state of the server: the event goes to quarantine.
REFUSALS = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.ProgramLimitExceededError,
    UnstorableError,
)

_AWAY = "store.connection: the database server does not answer"
_SLOW = "store.slow: the database server takes too long"
# SQLSTATE, or its class of two characters (PostgreSQL manual, appendix A).
_CODES = {
    "08": _AWAY,
    "22": "store.bad_value",
    "23": "store.constraint",
    "25006": "store.readonly: the database takes no writes",
    "28": "store.refused: the database server does not let this user in",
    "3D000": "store.absent: the server has no such database",
    "3F000": "store.absent: the database has no such schema",
    "42501": "store.forbidden: the database role lacks a right",
    "42P01": "store.absent: no hub has made the tables yet",
    "53": "store.busy: the database server has no more memory or connections",
    "53100": "store.full: the disk of the database server is full",
    "54": "store.too_long",
    "55P03": "store.busy: another session holds the store",
    "57014": _SLOW,
    "57P": _AWAY,
    "40": "store.busy: the database server asks to try again",
    "58": "store.ioerr: the database server cannot read or write its disk",
    "XX001": "store.corrupt: the database server reports damaged data",
    "XX002": "store.corrupt: the database server reports damaged data",
}


def code_of(error: BaseException) -> str:
    """``store.…`` and a few words of ours; never text of the server, which may quote values."""
    if isinstance(error, asyncpg.PostgresError):
        state = str(error.sqlstate or "")
        found = next((_CODES[key] for key in (state, state[:3], state[:2]) if key in _CODES), None)
        return found or f"store.sqlstate_{state}"
    if isinstance(error, ssl.SSLError):
        return "store.tls: the certificate of the database server is not trusted, or it speaks no TLS"
    if isinstance(error, asyncpg.TargetServerAttributeNotMatched):
        return _CODES["25006"]
    return _SLOW if isinstance(error, TimeoutError) else _AWAY


def unavailable(error: BaseException) -> StoreUnavailable:
    """``error`` as the sink and the API understand it."""
    return StoreUnavailable(code_of(error))


def reason_of(error: BaseException) -> str:
    """Why one event was refused: its reason in quarantine."""
    return str(error) if isinstance(error, UnstorableError) else code_of(error).partition(":")[0]
