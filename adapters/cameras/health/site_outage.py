"""Many cameras of one switch lost at once: the switch is gone, its power or its line. Told once."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import ceil
from typing import Final

# Within so long: after a stall each session needs 2 s to see it, and answers that time out 5 s more.
TOGETHER_MS: Final = 10_000
# Ours: three that fail by themselves within 10 s are unheard of; of many, a fifth (one of several switches).
FEWEST, SHARE = 3, 0.2
FEWEST_OF_A_PAIR: Final = 2


def switch_of(site: str, switch: str) -> str:
    """Id of what a camera hangs on: its switch, or what its site has in common."""
    return switch or f"cameras-{site}"[:64].rstrip("-_")


@dataclass(frozen=True, slots=True)
class Outage:
    """``cameras`` went with ``switch``; not ``is_off``: it explains them no longer. ``speaker`` says so."""

    switch: str
    is_off: bool
    cameras: tuple[str, ...]
    speaker: str = ""


@dataclass(slots=True)
class _Switch:
    cameras: set[str] = field(default_factory=set)
    heard: set[str] = field(default_factory=set)  # that were there since our start
    lost: dict[str, int] = field(default_factory=dict)  # that are away now: since when
    gone_with_it: set[str] = field(default_factory=set)  # not empty: it is off

    def gone_together(self, at_ms: int) -> list[str]:
        """Empty: too few. Those that never were there since our start count when it is all of them: a camera
        that was taken down a month ago fails together with others each time that we start."""
        together = sorted(each for each, since in self.lost.items() if since > at_ms - TOGETHER_MS)
        size = len(self.cameras)
        enough = max(min(FEWEST, size), FEWEST_OF_A_PAIR, ceil(SHARE * size))
        are_all = len(together) == size >= FEWEST_OF_A_PAIR
        return together if are_all or len(self.heard.intersection(together)) >= enough else []


@dataclass(slots=True)
class SiteOutages:
    """``lost`` and ``back`` give what follows; a camera that is lost once more counts from then on."""

    _switches: dict[str, _Switch] = field(default_factory=dict)
    _hangs_on: dict[str, str] = field(default_factory=dict)

    def put(self, camera: str, switch: str) -> None:
        self.drop(camera)
        self._hangs_on[camera] = switch
        self._switches.setdefault(switch, _Switch()).cameras.add(camera)

    def drop(self, camera: str) -> None:
        """It is not watched, or somebody works on it."""
        name = self._hangs_on.pop(camera, None)
        if name is not None:
            switch = self._switches[name]
            switch.cameras.discard(camera)
            switch.heard.discard(camera)
            switch.lost.pop(camera, None)
            switch.gone_with_it.discard(camera)
            if not switch.cameras:
                del self._switches[name]

    def lost(self, camera: str, at_ms: int) -> Iterator[Outage]:
        """It is out of reach since ``at_ms``."""
        name = self._hangs_on.get(camera)
        if name is None:
            return
        switch = self._switches[name]
        switch.lost[camera] = at_ms
        if switch.gone_with_it:
            switch.gone_with_it.add(camera)
            yield Outage(name, True, (camera,))
            return
        if together := switch.gone_together(at_ms):
            switch.gone_with_it.update(together)
            yield Outage(name, True, tuple(together), camera)

    def back(self, camera: str) -> Iterator[Outage]:
        """It is heard, at first or again: so its switch is there, whatever became of the others."""
        name = self._hangs_on.get(camera)
        if name is None:
            return
        switch = self._switches[name]
        switch.lost.pop(camera, None)
        switch.heard.add(camera)
        if camera in switch.gone_with_it:
            cameras = tuple(sorted(switch.gone_with_it))
            switch.gone_with_it.clear()
            yield Outage(name, False, cameras, camera)
