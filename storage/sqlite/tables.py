"""Every table of a SQLite file into an archive and back: store and spool alike, whatever their schema.

Names of tables and columns come from the file's own schema, never from an archive: what an archive
names is looked up there first.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import apsw

from storage.archive import Archive, ArchiveWriter, BadArchive, TablePart

_TABLES = """
SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name
"""
_COUNTING = "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%'"
_SEQUENCES = "SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'"


def tables_of(connection: apsw.Connection) -> dict[str, tuple[str, ...]]:
    """Each table with its columns."""
    names = [str(name) for (name,) in connection.execute(_TABLES)]
    return {name: _columns(connection, name) for name in names}


def count_rows(connection: apsw.Connection) -> int:
    """Rows of all tables: SQLite counts them at some ten million a second."""
    counts = (f"SELECT count(*) FROM {name}" for name in tables_of(connection))  # noqa: S608  our schema's
    return sum(int(connection.execute(sql).get) for sql in counts)


def used_bytes(connection: apsw.Connection) -> int:
    """Of the pages in use: what is sealed does not shrink, of the rest an archive takes less."""
    pages = connection.pragma("page_count") - connection.pragma("freelist_count")
    return int(pages) * int(connection.pragma("page_size"))


class Snapshot:
    """One moment of a file: a connection in a transaction that reads."""

    def __init__(self, connection: apsw.Connection) -> None:
        self.connection = connection

    @property
    def bytes(self) -> int:
        """See ``used_bytes``."""
        return used_bytes(self.connection)

    @property
    def rows(self) -> int:
        """Of all tables."""
        return count_rows(self.connection)


def dump_tables(connection: apsw.Connection, archive: ArchiveWriter, section: str) -> tuple[TablePart, ...]:
    """Write all rows as the connection's transaction sees them."""
    return tuple(
        _dump(connection, archive, section, name, columns) for name, columns in tables_of(connection).items()
    )


def load_tables(
    connection: apsw.Connection,
    archive: Archive,
    section: str,
    parts: Sequence[TablePart],
    loaded: Callable[[int], None],
) -> None:
    """Fill the tables of a new file in the running transaction; raises BadArchive for strange tables.

    ``loaded`` hears how many rows each block had.
    """
    known = tables_of(connection)
    if {part.name for part in parts} != known.keys():
        raise BadArchive(f"the tables of {section} are not those of its schema")
    for part in parts:
        if set(part.columns) != set(known[part.name]):
            raise BadArchive(f"the columns of {section}.{part.name} are not those of its schema")
        connection.execute(f"DELETE FROM {part.name}")  # noqa: S608  what a migration put there
        insert = _insert(part)
        for block in archive.rows(section, part):
            _fill(connection, insert, block, part)
            loaded(len(block))


def sequences_of(connection: apsw.Connection) -> dict[str, int]:
    """The last number that AUTOINCREMENT gave in each table: none is given twice."""
    if connection.execute(_SEQUENCES).fetchone() is None:
        return {}
    return {str(name): int(seq) for name, seq in connection.execute("SELECT name, seq FROM sqlite_sequence")}


def set_sequences(connection: apsw.Connection, sequences: Mapping[str, int]) -> None:
    """Go on from there; a table's own highest number counts if it is higher."""
    known = sequences_of(connection)
    counting = {str(name) for (name,) in connection.execute(_COUNTING)}
    for name in sequences.keys() & counting:
        highest = max(known.get(name, 0), sequences[name])
        connection.execute("DELETE FROM sqlite_sequence WHERE name = ?", (name,))
        connection.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (name, highest))


def _columns(connection: apsw.Connection, table: str) -> tuple[str, ...]:
    return tuple(
        str(name) for (name,) in connection.execute("SELECT name FROM pragma_table_info(?)", (table,))
    )


def _dump(
    connection: apsw.Connection, archive: ArchiveWriter, section: str, name: str, columns: tuple[str, ...]
) -> TablePart:
    # NOT INDEXED: in the table's own order, never by way of an index that happens to hold every column.
    select = f"SELECT {', '.join(columns)} FROM {name} NOT INDEXED"  # noqa: S608  our schema's names
    with archive.table(section, name, columns) as table:
        for block in _blocks(connection.execute(select), lambda: table.rows_a_block):
            table.write(block)
    return table.part


def _blocks(rows: Iterable[Any], size: Callable[[], int]) -> Iterator[list[Any]]:
    block: list[Any] = []
    wanted = size()
    for row in rows:
        block.append(row)
        if len(block) >= wanted:
            yield block
            block, wanted = [], size()
    if block:
        yield block


def _insert(part: TablePart) -> str:
    places = ", ".join("?" for _ in part.columns)
    return f"INSERT INTO {part.name} ({', '.join(part.columns)}) VALUES ({places})"  # noqa: S608  checked


def _fill(connection: apsw.Connection, insert: str, block: list[tuple[Any, ...]], part: TablePart) -> None:
    try:
        connection.executemany(insert, block)
    except (apsw.ConstraintError, apsw.MismatchError, apsw.BindingsError, TypeError, OverflowError) as error:
        raise BadArchive(f"{part.name}: a row that this schema cannot hold") from error
