"""Lists of people of the demo: who is looked for and who was vaccinated, so that its gates know somebody.

They lie there before hub and edge begin, as if imported and heard before: a demo begins without warnings.
"""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from hub.clock import now_ms
from hub.config.models import HubSection
from hub.edge.people_kept import ENDING, FOLDER
from hub.runtime.settings import LISTS
from hub.vault import KEYS, Vault


def lay_lists(hub: HubSection) -> None:
    """Of the simulated people, where no list lies yet; raises OSError."""
    places = [hub.data_dir / folder for folder in (LISTS, FOLDER)]
    if all((place / f"watch{ENDING}").exists() for place in places):
        return
    for name, body in _bodies(hub).items():
        for place in places:
            _lay(hub, body, place / f"{name}{ENDING}")


def _bodies(hub: HubSection) -> dict[str, bytes]:
    """Records of pseudonyms, as ``epihub list import`` makes them of tables."""
    from hub.people.import_file import Table
    from hub.people.records import PEOPLE_LISTS, body_of
    from simulators.gates.demo_gates import demo_tables

    keyed, tables = Vault(hub.data_dir / KEYS).pseudonyms(), dict(demo_tables())
    zone, now = ZoneInfo(hub.timezone), datetime.now(UTC)
    return {
        name: body_of(Table(name, keyed.person, zone, now).entries(tables[name].splitlines(keepends=True)))
        for name in PEOPLE_LISTS
        if name in tables
    }


def _lay(hub: HubSection, body: bytes, path: Path) -> None:
    from hub.people.list_file import body_head, write_list

    key = Vault(hub.data_dir / KEYS).pseudonyms().key_id
    write_list(path, body_head(body, now_ms(), key), [body])
