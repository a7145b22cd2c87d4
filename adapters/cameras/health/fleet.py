"""All cameras of an edge: how each stands, and what those of one switch have in common.

fleet.put("cam-1", "bv-thong-nhat", settings)
fleet.standing("cam-1").ended(ended, at_ms)      # or reached, figures, seen, clock, maintenance
for camera, change in fleet.after("cam-1", at_ms): ...
for camera, change in fleet.tick(at_ms): ...      # at fleet.due_ms
"""

from collections.abc import Iterable, Iterator
from itertools import chain

from adapters.cameras.health.changes import Change, StandingSettings
from adapters.cameras.health.site_outage import Outage, SiteOutages, switch_of
from adapters.cameras.health.standing import NEVER, CameraStanding

Told = tuple[str, Change]


class CameraFleet:
    """Cameras by their ids. Times are Unix ms, and do not go back."""

    def __init__(self) -> None:
        self._standings: dict[str, CameraStanding] = {}
        self._outages = SiteOutages()
        self._lost: set[str] = set()
        self._there: set[str] = set()

    def put(self, camera: str, site: str, settings: StandingSettings) -> CameraStanding:
        """Watch it from now on; nothing is known of it yet."""
        self.drop(camera)
        standing = self._standings[camera] = CameraStanding(settings)
        self._outages.put(camera, switch_of(site, settings.switch))
        return standing

    def drop(self, camera: str) -> None:
        self._standings.pop(camera, None)
        self._outages.drop(camera)
        self._lost.discard(camera)
        self._there.discard(camera)

    def standing(self, camera: str) -> CameraStanding:
        return self._standings[camera]

    def after(self, camera: str, at_ms: int) -> Iterator[Told]:
        """What is to be told, of this camera and of others, after something happened to it."""
        standing = self._standings[camera]
        outages: Iterable[Outage] = ()
        if standing.went_out_of_reach and camera not in self._lost:
            self._lost.add(camera)
            self._there.discard(camera)
            outages = self._outages.lost(camera, at_ms)
        elif standing.is_there and camera not in self._there:
            self._lost.discard(camera)
            self._there.add(camera)
            outages = self._outages.back(camera)
        touched = {camera}
        for outage in outages:
            touched.update(outage.cameras)
            self._apply(outage, at_ms)
        yield from chain.from_iterable(self._changes(each, at_ms) for each in sorted(touched))

    def tick(self, at_ms: int) -> Iterator[Told]:
        """What falls due until now."""
        for camera, standing in self._standings.items():
            if standing.due_ms <= at_ms:
                yield from self._changes(camera, at_ms)

    @property
    def due_ms(self) -> int:
        """When ``tick`` has something to tell though nothing happens."""
        return min((standing.due_ms for standing in self._standings.values()), default=NEVER)

    def _apply(self, outage: Outage, at_ms: int) -> None:
        for each in outage.cameras:
            is_speaker = each == outage.speaker
            self._standings[each].switch_offline(outage.is_off, at_ms, speaks=is_speaker)

    def _changes(self, camera: str, at_ms: int) -> Iterator[Told]:
        for change in self._standings[camera].tick(at_ms):
            yield camera, change
