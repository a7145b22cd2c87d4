"""How epihub reaches PostgreSQL: timeouts, durability, and what a server must be."""

import logging
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from hub.errors import OperatorError

OLDEST_SERVER = 150000  # 15: the oldest that is tested
CONNECT_SECONDS = 10.0
LONGEST_STATEMENT_SECONDS = 30
LONGEST_LOCK_WAIT_SECONDS = 10
# Beyond the server's own limit: the line is dead, nobody will answer.
LONGEST_ANSWER_SECONDS = 40.0
LONGEST_QUERY_SECONDS = 20
STATEMENTS_KEPT = 200
# Advisory locks are numbers of one database: these two stand beside the oid of the store's schema.
TRANSACTION_LOCK = 0x65706968  # "epih"
HOLDER_LOCK = 0x65706969

log = logging.getLogger(__name__)

_ALIVE = {
    "application_name": "epihub",
    # A hub that vanished lets go of its locks within a minute.
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
    "jit": "off",  # no query here is long enough to win by it
}
_WRITER = {
    "synchronous_commit": "on",
    "statement_timeout": f"{LONGEST_STATEMENT_SECONDS}s",
    "lock_timeout": f"{LONGEST_LOCK_WAIT_SECONDS}s",
    "idle_in_transaction_session_timeout": "60s",
    # A plan made while a table was empty would be kept while it grows: each statement goes by an index.
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}
_READER = {
    "statement_timeout": f"{LONGEST_QUERY_SECONDS}s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "60s",
    "default_transaction_read_only": "on",
}
_ABOUT = """
SELECT current_setting('server_version_num')::int AS version, current_setting('server_encoding') AS encoding,
    current_setting('fsync') AS fsync, current_schema() IS NOT NULL AS has_schema
"""
_SCHEMA = "SELECT oid::int FROM pg_namespace WHERE nspname = current_schema()"


@dataclass(frozen=True, slots=True)
class Server:
    """A ``postgresql://`` url as libpq writes it, and the password, which is in no url."""

    url: str
    password: str | None = field(default=None, repr=False)


async def connect_writer(server: Server) -> asyncpg.Connection:
    """A connection that writes; every commit is on the server's disk when it returns."""
    connection: asyncpg.Connection = await asyncpg.connect(
        server.url,
        password=server.password,
        timeout=CONNECT_SECONDS,
        command_timeout=LONGEST_ANSWER_SECONDS,
        statement_cache_size=STATEMENTS_KEPT,
        server_settings=_ALIVE | _WRITER,
        target_session_attrs="read-write",
    )
    return connection


def reading_options(server: Server) -> dict[str, Any]:
    """What asyncpg.create_pool takes for connections that cannot write."""
    return {
        "dsn": server.url,
        "password": server.password,
        "timeout": CONNECT_SECONDS,
        "command_timeout": LONGEST_QUERY_SECONDS + 10.0,
        "statement_cache_size": STATEMENTS_KEPT,
        "server_settings": _ALIVE | _READER,
    }


async def require_server(connection: asyncpg.Connection) -> None:
    """Raise OperatorError for a server that cannot hold the store as promised."""
    about = await connection.fetchrow(_ABOUT)
    if about["version"] < OLDEST_SERVER:
        raise OperatorError("the database server is older than PostgreSQL 15")
    if about["encoding"] != "UTF8":
        raise OperatorError("the database does not keep UTF-8: create it with ENCODING 'UTF8'")
    if not about["has_schema"]:
        raise OperatorError("the database has no schema for our tables: look at search_path")
    if about["fsync"] != "on":
        log.warning("the database server runs with fsync off: a power cut loses what was acknowledged")


async def schema_of(connection: asyncpg.Connection) -> int:
    """The number of the schema that holds the store; locks are told apart by it."""
    number: int = await connection.fetchval(_SCHEMA)
    return number
