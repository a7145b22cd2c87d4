"""Which store the configuration names: ``[store]`` without url is SQLite in the data directory."""

from pathlib import Path

from hub.errors import ConfigError
from storage.contract import EventStore, StoreReader

DATABASE = "store.db"


def open_store(url: str | None, data_dir: Path) -> EventStore:
    """The sink's side, not opened yet; raises ConfigError for a url that is not supported."""
    _require_sqlite_url(url)
    from storage.sqlite.store import SqliteStore

    return SqliteStore(data_dir / DATABASE)


def open_reader(url: str | None, data_dir: Path) -> StoreReader:
    """The API's side, not opened yet; raises ConfigError for a url that is not supported."""
    _require_sqlite_url(url)
    from storage.sqlite.reader import SqliteReader

    return SqliteReader(data_dir / DATABASE)


def _require_sqlite_url(url: str | None) -> None:
    if url is None:
        return
    # Not the url itself: it may hold a password.
    scheme = url.partition(":")[0] if ":" in url else ""
    named = f'"{scheme}:…"' if scheme.isalnum() and len(scheme) <= 20 else "this url"
    raise ConfigError(f"store.url: {named} is not supported; leave url out for SQLite in data_dir")
