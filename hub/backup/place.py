"""What a backup is made of, and where it is put back."""

from dataclasses import dataclass, replace
from pathlib import Path

from hub.config.loader import load
from hub.errors import OperatorError
from hub.runtime.edge_alarm_folder import EDGE_ALARMS
from hub.runtime.people_shelf import ENDING, IMPORTED
from hub.runtime.rules_kept import FILE as EDGE_RULES
from hub.runtime.settings import LISTS
from hub.runtime.wiring import ACCOUNTS
from storage.open import DATABASE

CONFIG_MEMBER = "epihub.toml"
API_KEYS = "api-keys.json"
API_USERS = "api-users.json"
SPOOL = Path("spool") / "spool.db"
# Members of a backup and where they lie in the data directory: nothing else is ever written.
FILES = {
    ACCOUNTS: ACCOUNTS,
    API_KEYS: API_KEYS,
    API_USERS: API_USERS,
    EDGE_RULES: f"{EDGE_ALARMS}/{EDGE_RULES}",
    **{f"{name}{ENDING}": f"{LISTS}/{name}{ENDING}" for name in IMPORTED},
    CONFIG_MEMBER: "epihub.toml.from-backup",
}


@dataclass(frozen=True, slots=True)
class Place:
    """One installation: its data directory, its store's url (None: SQLite there) and its spool."""

    data_dir: Path
    spool: Path
    store_url: str | None = None
    password: str | None = None
    hub: str = ""
    edge: str = ""
    config: Path | None = None

    @property
    def alarms(self) -> Path:
        """The store of an edge that judges by itself, whether it is there or not."""
        return self.data_dir / EDGE_ALARMS / DATABASE

    def without_spool(self) -> "Place":
        """The store alone."""
        return replace(self, spool=self.spool.with_name("none.db"))

    @property
    def store_name(self) -> str:
        """How texts name the store; a url may hold a password."""
        return "PostgreSQL" if self.store_url else str(self.data_dir / "store.db")


def place_of(config: Path | None, data: Path | None, store_url: str | None = None) -> Place:
    """From ``--config`` or ``--data``; raises ConfigError, OperatorError."""
    if config is not None:
        if data is not None:
            raise OperatorError("--config names the data directory already; leave --data out")
        return _configured(config, store_url)
    folder = data or Path("data")
    return Place(folder, folder / SPOOL, store_url)


def _configured(path: Path, store_url: str | None) -> Place:
    config = load(path)
    password = config.store.password
    return Place(
        config.hub.data_dir,
        config.spool_dir / SPOOL.name,
        store_url or config.store.url,
        password.reveal() if password else None,
        config.hub.name,
        config.edge.id,
        path,
    )
