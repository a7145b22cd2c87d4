"""Which store the configuration names: ``[store]`` without url is SQLite in the data directory."""

from pathlib import Path

from hub.errors import ConfigError
from storage.contract import EventStore, StoreReader
from storage.retention import DEFAULT, Retention

DATABASE = "store.db"
SCHEMES = ("postgresql", "postgres")


def open_store(
    url: str | None,
    data_dir: Path,
    *,
    password: str | None = None,
    timezone: str | None = None,
    retention: Retention = DEFAULT,
) -> EventStore:
    """The sink's side, not opened yet; raises ConfigError for a url that is not supported.

    ``timezone`` is that of the days by which results are counted; None keeps the one the store has.
    """
    if is_postgres(url):
        from storage.postgres.connection import Server
        from storage.postgres.store import PostgresStore

        return PostgresStore(Server(url or "", password), timezone=timezone, retention=retention)
    from storage.sqlite.store import SqliteStore

    return SqliteStore(data_dir / DATABASE, timezone=timezone, retention=retention)


def open_reader(url: str | None, data_dir: Path, *, password: str | None = None) -> StoreReader:
    """The API's side, not opened yet; raises ConfigError for a url that is not supported."""
    if is_postgres(url):
        from storage.postgres.connection import Server
        from storage.postgres.reader import PostgresReader

        return PostgresReader(Server(url or "", password))
    from storage.sqlite.reader import SqliteReader

    return SqliteReader(data_dir / DATABASE)


def is_postgres(url: str | None) -> bool:
    """Raises ConfigError for the url of anything else."""
    if url is None:
        return False
    # Not the url itself: it may hold a password.
    scheme = url.partition(":")[0] if ":" in url else ""
    if scheme in SCHEMES and url.startswith(f"{scheme}://"):
        return True
    named = f'"{scheme}:…"' if scheme.isalnum() and len(scheme) <= 20 else "this url"
    raise ConfigError(
        f"store.url: {named} is not supported; write postgresql://…, or leave url out for SQLite in data_dir"
    )
