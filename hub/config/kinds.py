"""Which kinds of devices this installation knows: entry points, loaded when the file names the kind."""

from collections.abc import Iterable, Iterator
from importlib.metadata import EntryPoint, entry_points

from pydantic import BaseModel

from hub.config.mistakes import near
from hub.contract import Adapter, DeviceConfig
from hub.errors import ConfigError

GROUP = "epihub.adapters"


class Kinds:
    """Adapters by kind. Nothing is imported before ``adapter`` asks for it."""

    def __init__(self, doors: Iterable[EntryPoint]) -> None:
        self._doors = {door.name: door for door in doors}

    @classmethod
    def installed(cls) -> "Kinds":
        """What the installed distributions offer."""
        return cls(entry_points(group=GROUP))

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._doors))

    def doors(self) -> Iterator[EntryPoint]:
        """The entry points themselves, not loaded."""
        return iter(self._doors.values())

    def adapter(self, kind: str) -> type[Adapter[DeviceConfig]]:
        """The adapter's class.

        Raises ConfigError: no such kind, or a package it needs is not installed.
        """
        door = self._doors.get(kind)
        if door is None:
            known = ", ".join(self) or "none is installed"
            raise ConfigError(f"no adapter of this kind{near(kind, self)} (known: {known})")
        try:
            adapter = door.load()
        except ModuleNotFoundError as error:
            raise ConfigError(_lacks(door, error.name or "a package")) from error
        if not (isinstance(adapter, type) and issubclass(adapter, Adapter)):
            raise TypeError(f"{door.value} is no Adapter")
        return adapter

    def model(self, kind: str) -> type[DeviceConfig]:
        """The settings a device of this kind has. Raises ConfigError."""
        model = self.adapter(kind).Config
        if not issubclass(model, BaseModel):
            raise TypeError(f"{kind}: Config is no model")
        return model


def _lacks(door: EntryPoint, module: str) -> str:
    """An adapter's libraries are the extra named like its family's folder."""
    distribution = door.dist
    offered = distribution.metadata.get_all("Provides-Extra") or [] if distribution else []
    family = door.module.split(".")[1] if door.module.count(".") else ""
    extra = next((name for name in offered if name == family.replace("_", "-")), "")
    if not distribution or not extra:
        return f"this kind needs {module}, which is not installed"
    return f"this kind needs {module}: pip install '{distribution.name}[{extra}]'"
