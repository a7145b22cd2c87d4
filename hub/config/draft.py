"""A file on its way to a Config: each table checked by its own model, whatever is wrong with the others."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path as File
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from hub.config.alarming import AlarmsSection
from hub.config.bus_section import MOST_ENTRIES, BusSection
from hub.config.feeding import Destination
from hub.config.forwarding import Forward
from hub.config.kinds import Kinds
from hub.config.locate import Path
from hub.config.mistakes import Mistake, near, retold
from hub.config.models import ApiSection, EdgeSection, HubSection, LogSection, Site, StoreSection
from hub.config.notifying import NotifySection
from hub.config.projecting import Projection
from hub.config.section import Section
from hub.contract import DeviceConfig
from hub.errors import ConfigError

TABLES: dict[str, type[Section]] = {
    "hub": HubSection,
    "edge": EdgeSection,
    "api": ApiSection,
    "bus": BusSection,
    "store": StoreSection,
    "alarms": AlarmsSection,
    "notify": NotifySection,
    "log": LogSection,
}
ARRAYS = ("site", "device", "forward", "projection", "destination")
SITE_RULED = "rules"  # a gate asks what its site says, key by key but for its own
M = TypeVar("M", bound=BaseModel)


@dataclass
class Draft:
    """``raw`` is the file; ``parts`` holds the tables that are right in themselves, by their path."""

    raw: Mapping[str, Any]
    kinds: Kinds
    base: File
    parts: dict[Path, BaseModel] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)

    def read(self) -> None:
        """Check every table by itself; mistakes are gathered."""
        for key in self.raw.keys() - TABLES.keys() - set(ARRAYS):
            self.wrong((key,), "unknown section" + near(key, [*TABLES, *ARRAYS]))
        for key, model in TABLES.items():
            self._table(key, model)
        for index, entry in enumerate(self.entries("site", tell=True)):
            self.check(Site, ("site", index), entry)
        for index, entry in enumerate(self.entries("device", tell=True)):
            self._device(("device", index), entry)
        for index, entry in enumerate(self.entries("forward", tell=True)):
            self.check(Forward, ("forward", index), entry)
        for index, entry in enumerate(self.entries("projection", tell=True)):
            self.check(Projection, ("projection", index), entry)
        for index, entry in enumerate(self.entries("destination", tell=True)):
            self.check(Destination, ("destination", index), entry)

    def wrong(self, path: Path, text: str, other: Path | None = None) -> None:
        """Note a mistake."""
        self.mistakes.append(Mistake(path, text, other))

    def part(self, model: type[M], *path: str | int) -> M | None:
        """The table at ``path``, if it is right in itself."""
        part = self.parts.get(path)
        return part if isinstance(part, model) else None

    def entries(self, key: str, *, tell: bool = False) -> list[dict[str, Any]]:
        """The tables of ``[[key]]`` as they stand in the file; none if it is anything else."""
        value = self.raw.get(key, [])
        good = isinstance(value, list) and all(isinstance(entry, dict) for entry in value)
        if tell and not good:
            self.wrong((key,), f"must be written as [[{key}]]")
        if tell and good and len(value) > MOST_ENTRIES:
            self.wrong((key,), f"more than {MOST_ENTRIES} entries")
        return value if good else []

    def check(self, model: type[BaseModel], path: Path, raw: object) -> None:
        """Keep the table if its model takes it, else note what is wrong."""
        try:
            self.parts[path] = model.model_validate(raw, context={"base": self.base})
        except ValidationError as error:
            self.mistakes.extend(retold(error, model, path, raw))

    def _table(self, key: str, model: type[Section]) -> None:
        raw = self.raw.get(key, {})
        if isinstance(raw, dict):
            self.check(model, (key,), raw)
        else:
            self.wrong((key,), f"must be written as [{key}]")

    def _device(self, path: Path, raw: dict[str, Any]) -> None:
        kind = raw.get("kind")
        try:
            if isinstance(kind, str):
                model = self.kinds.model(kind)
                self.check(model, path, self._ruled(raw) if SITE_RULED in model.model_fields else raw)
                return
        except ConfigError as error:
            self.wrong((*path, "kind"), str(error))
        # Without its adapter nobody knows its other keys; those that every device has are checked.
        common = {key: value for key, value in raw.items() if key in DeviceConfig.model_fields}
        self.check(DeviceConfig, path, common)

    def _ruled(self, raw: dict[str, Any]) -> dict[str, Any]:
        """A gate with the rules of its site, where it has none of its own."""
        sites = self.entries("site")
        mine = [site for site in sites if len(sites) == 1 or site.get("id") == raw.get("site")]
        theirs, own = mine[0].get("gate_rules", {}) if mine else {}, raw.get(SITE_RULED, {})
        if not theirs or not isinstance(theirs, dict) or not isinstance(own, dict):
            return raw
        return raw | {SITE_RULED: theirs | own}
