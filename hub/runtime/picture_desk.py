"""What an edge answers about pictures of its cameras: as they are kept, with their age; looks, audited.

The small picture of the wall is for whoever may see cameras at all. The whole one is a look at people: who
looked, when, at which picture stands in a file before a byte of it is answered.
"""

from base64 import b64encode
from hashlib import sha256
from typing import Any, Literal, cast, get_args

import msgspec

from hub.contract import Snapshot, SnapshotKind
from hub.control import Answer, Handler
from hub.edge.audit import By, Trail
from hub.edge.edge import Edge
from hub.errors import OperatorError
from hub.events import format_time
from hub.streams.clock import now_ms

AUDIT = "picture-looks.jsonl"
UNKNOWN = "no such camera"
Size = Literal["wall", "full"]
Purpose = Literal["picture", "look"]


class PictureLook(msgspec.Struct, frozen=True):
    """``by``: id of the key; ``what``: one ``picture``, or a ``look`` at all that come for a while."""

    at: str
    by: str
    through: By
    camera: str
    what: Purpose
    kind: SnapshotKind
    taken: str = ""


class PictureDesk:
    """Answers for one running edge."""

    def __init__(self, edge: Edge) -> None:
        self.edge = edge
        self.audit = Trail(edge.settings.keys.parent / "audit" / AUDIT, PictureLook)

    def calls(self) -> dict[str, Handler]:
        return {
            "pictures.find": self.find,
            "pictures.next": self.next,
            "pictures.look": self.look,
            "pictures.list": self.list,
            "pictures.looks": self.looks,
        }

    async def find(
        self,
        camera: str,
        kind: str = "latest",
        at_ms: int | None = None,
        size: Size = "wall",
        known: str = "",
        by: str = "",
        through: By = "api",
    ) -> Answer:
        """{found at_ms age_ms kind reason digest jpeg}; ``jpeg``: base64, null where its digest is ``known``.

        ``at_ms``: which of an event's. Raises OperatorError: no such camera, or the audit cannot be written.
        """
        self._require(camera)
        wanted = cast(SnapshotKind, kind if kind in get_args(SnapshotKind) else "latest")
        found = await self.edge.pictures.snapshots.find(camera, wanted, at_ms)
        told = _told(found, size, known)
        if found is not None and size == "full" and told.get("jpeg"):
            await self._noted(camera, "picture", wanted, by, through, format_time(found.at_ms))
        return told

    async def look(self, camera: str, by: str = "", through: By = "api") -> Answer:
        """Before pictures are followed by ``next``: the audit row. Raises OperatorError."""
        self._require(camera)
        await self._noted(camera, "look", "latest", by, through, "")
        return {}

    async def next(self, camera: str, after_ms: int = 0, wait_seconds: float = 0.0) -> Answer:
        """The latest picture taken after ``after_ms``, when it has come, as ``find`` tells it."""
        self._require(camera)
        found = await self.edge.pictures.snapshots.next(camera, int(after_ms), float(wait_seconds))
        return _told(found, "full", "")

    async def list(self, camera: str) -> Answer:
        """{latest reference events}: when each was taken (Unix ms), null or empty where there is none."""
        self._require(camera)
        snapshots = self.edge.pictures.snapshots
        one_each = {kind: await snapshots.find(camera, kind) for kind in ("latest", "reference")}
        times = {kind: found.at_ms if found else None for kind, found in one_each.items()}
        return times | {"events": await snapshots.events(camera)}

    async def looks(self, limit: int = 100) -> Answer:
        """The audit rows, the newest first."""
        return {"items": [msgspec.to_builtins(row) for row in await self.audit.newest(limit)]}

    def _require(self, camera: str) -> None:
        if camera not in self.edge.outlets:
            raise OperatorError(UNKNOWN)

    async def _noted(
        self, camera: str, what: Purpose, kind: SnapshotKind, by: str, through: By, taken: str
    ) -> None:
        row = PictureLook(format_time(now_ms()), by, through, camera, what, kind, taken)
        await self.audit.write(row)


def _told(found: Snapshot | None, size: Size, known: str) -> dict[str, Any]:
    jpeg = b"" if found is None else found.jpeg if size == "full" else found.wall
    if found is None or not jpeg:
        return {"found": False}
    digest = sha256(jpeg).hexdigest()[:32]
    return {
        "found": True,
        "at_ms": found.at_ms,
        "age_ms": max(0, now_ms() - found.at_ms),
        "kind": found.kind,
        "reason": found.reason,
        "digest": digest,
        "jpeg": None if digest == known else b64encode(jpeg).decode(),
    }
