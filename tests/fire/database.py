"""The store read from outside, in either dialect: rows by SQL, and what is damaged."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from re import sub
from typing import Any, Literal, Protocol

import apsw
import asyncpg

Dialect = Literal["sqlite", "postgresql"]
Value = str | int

# Every b-tree against its table: what integrity_check is to SQLite.
_INDEXES = """
SELECT public.bt_index_check(indexrelid::regclass, true) FROM pg_index
JOIN pg_class ON pg_class.oid = indexrelid
WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema()) AND relam =
    (SELECT oid FROM pg_am WHERE amname = 'btree')
"""


class Database(Protocol):
    """Both hold the same tables."""

    def rows(self, sql: str, *values: Value) -> Iterator[Any]:
        """What ``sql`` gives; a value stands where it has a ``?``."""

    def damage(self) -> str:
        """What the database itself finds wrong with its structure; empty when all is well."""


@dataclass(frozen=True)
class SqliteDatabase:
    """A file; a spool is one too."""

    path: Path

    def rows(self, sql: str, *values: Value) -> Iterator[Any]:
        """One by one: a soak may leave millions."""
        connection = apsw.Connection(str(self.path), flags=apsw.SQLITE_OPEN_READONLY)
        connection.set_busy_timeout(5000)
        try:
            yield from connection.execute(sql, values)
        finally:
            connection.close()

    def damage(self) -> str:
        state = str(next(self.rows("PRAGMA integrity_check"))[0])
        return "" if state == "ok" else state


@dataclass(frozen=True)
class PostgresDatabase:
    """A schema, named by the url's search_path. Its user may add extensions."""

    url: str
    password: str

    def rows(self, sql: str, *values: Value) -> Iterator[Any]:
        numbers = count(1)
        numbered = sub(r"\?", lambda _: f"${next(numbers)}", sql)
        yield from self._ask(lambda connection: connection.fetch(numbered, *values))

    def damage(self) -> str:
        try:
            self._ask(lambda each: each.execute("CREATE EXTENSION IF NOT EXISTS amcheck SCHEMA public"))
            checked = self._ask(lambda connection: connection.fetch(_INDEXES))
        except asyncpg.InternalServerError as error:
            return type(error).__name__
        return "" if checked else "no index was there to be checked"

    def _ask(self, ask: Callable[[asyncpg.Connection], Any]) -> Any:
        """On a loop of its own, so that whoever examines need not be asynchronous."""

        async def asked() -> Any:
            connection = await asyncpg.connect(self.url, password=self.password)
            try:
                return await ask(connection)
            finally:
                await connection.close()

        with ThreadPoolExecutor(1) as thread:
            return thread.submit(asyncio.run, asked()).result()
