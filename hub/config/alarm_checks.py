"""What ``[alarms]`` cannot know of itself: files of profiles, names used twice."""

from collections.abc import Iterator

from hub.alarms.profiles import read_profile
from hub.config.alarming import AlarmsSection
from hub.config.draft import Draft
from hub.config.locate import Path
from hub.config.models import EdgeSection
from hub.errors import ConfigError

HUB = "hub"


def check_alarms(draft: Draft) -> None:
    """Note every mistake."""
    section = draft.part(AlarmsSection, "alarms")
    _machines(draft)
    if section:
        _profiles(draft, section)
        _power(draft, section)


def _profiles(draft: Draft, section: AlarmsSection) -> None:
    """Each says rules that can be read, of a kind of storage that no other one says."""
    first: dict[str, Path] = {}
    for n, file in enumerate(section.profiles):
        path: Path = ("alarms", "profiles", n)
        try:
            name = read_profile(file).name
        except ConfigError as error:
            draft.wrong(path, str(error))
            continue
        if first.setdefault(name, path) != path:
            draft.wrong(path, f"a second profile {name}", first[name])


def _power(draft: Draft, section: AlarmsSection) -> None:
    names: dict[str, Path] = {}
    devices: dict[str, Path] = {}
    for n, group in enumerate(section.power):
        path: Path = ("alarms", "power", n, "id")
        if names.setdefault(group.id, path) != path:
            draft.wrong(path, "already used", names[group.id])
        for place, device in enumerate(group.devices):
            path = ("alarms", "power", n, "devices", place)
            if devices.setdefault(device, path) != path:
                draft.wrong(path, "a device is in one power group", devices[device])


def _machines(draft: Draft) -> None:
    """Edges and the hub have readings and incidents of their own, under their own names."""
    taken = {name for name in (HUB, *_edges(draft)) if name}
    for n, entry in enumerate(draft.entries("device")):
        if entry.get("id") in taken:
            draft.wrong(("device", n, "id"), "the hub or an edge has this id")


def _edges(draft: Draft) -> Iterator[str]:
    edge = draft.part(EdgeSection, "edge")
    yield edge.id if edge else ""
    bus = draft.raw.get("bus", {})
    entries = bus.get("edge", []) if isinstance(bus, dict) else []
    for entry in entries if isinstance(entries, list) else ():
        yield str(entry.get("id", "")) if isinstance(entry, dict) else ""
