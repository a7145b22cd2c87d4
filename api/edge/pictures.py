"""What the edge beside us has of its cameras' pictures, and the stream of them for somebody who looks."""

import asyncio
from base64 import b64decode
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Literal

from starlette.types import Send

from api.link import ANSWER_SECONDS, Line
from api.meters import Meters
from api.problems import Problem, not_found
from api.sse import OpenStream
from hub.edge.audit import NOT_KEPT
from hub.errors import OperatorError
from hub.events import format_time
from storage.contract import Row

LOOK_SECONDS = 600.0  # then a look ends: nobody forgets one that goes on all day
MOST_LOOKS = 8
BEAT_SECONDS = 10.0  # how long the edge may keep a question before it answers that there is nothing new
_LEAST_PAUSE_SECONDS = 0.2
_BOUNDARY = b"epihub-picture"
_HEAD = b"--%b\r\nContent-Type: image/jpeg\r\n\r\n" % _BOUNDARY

Size = Literal["wall", "full"]
Kind = Literal["latest", "reference", "event"]


@dataclass(frozen=True, slots=True)
class Shot:
    """``jpeg`` is None where the asker has it; ``taken_ms``: Unix time, ``age_ms``: by the edge's clock."""

    taken_ms: int
    age_ms: int
    reason: str
    digest: str
    jpeg: bytes | None = field(repr=False)


class PictureCalls(Line):
    """Raises Problem 503 ``edge.away`` where the edge does not answer, 404 for a camera it does not have."""

    async def snapshot(
        self, camera: str, kind: Kind, at_ms: int | None, size: Size, known: str, by: str
    ) -> Shot | None:
        """None: there is no such picture. Of ``full`` the audit row is on disk; Problem 503: it cannot be."""
        asked = {"kind": kind, "at_ms": at_ms, "size": size, "known": known, "by": by}
        return _shot(await self._picture("pictures.find", ANSWER_SECONDS, camera=camera, **asked))

    async def begin_look(self, camera: str, by: str) -> None:
        """The audit row is on disk when this returns."""
        await self._picture("pictures.look", ANSWER_SECONDS, camera=camera, by=by)

    async def next_picture(self, camera: str, after_ms: int) -> Shot | None:
        """The latest one after that of ``after_ms``, whole; None: none came within ``BEAT_SECONDS``."""
        asked = {"camera": camera, "after_ms": after_ms, "wait_seconds": BEAT_SECONDS}
        return _shot(await self._picture("pictures.next", BEAT_SECONDS + ANSWER_SECONDS, **asked))

    async def pictures(self, camera: str) -> list[Row]:
        """{kind taken} of every picture that is kept, without the pictures."""
        told = await self._picture("pictures.list", ANSWER_SECONDS, camera=camera)
        found = [(kind, told[kind]) for kind in ("latest", "reference") if told[kind] is not None]
        found += [("event", at_ms) for at_ms in told["events"]]
        return [_row(camera, kind, at_ms) for kind, at_ms in found]

    async def picture_looks(self, limit: int) -> list[Row]:
        """The audit of looks at whole pictures, the newest first."""
        told = await self._asked("pictures.looks", limit=limit)
        return [_look_row(each) for each in told["items"]]

    async def _picture(self, call: str, seconds: float, **asked: Any) -> dict[str, Any]:
        try:
            return await self._call(call, seconds, **asked)
        except OperatorError as error:
            if str(error).startswith(NOT_KEPT):
                raise Problem(
                    503, "audit.unavailable", "The audit row could not be kept, so nothing is shown."
                ) from error
            raise not_found("camera") from error


class LookStream(OpenStream):
    """Each new picture as the next part of one answer, which a browser draws in place of the one before.

    A browser shows a part once the head of the next one has come, so that goes with it: else each picture
    would be seen when the one after it is taken.
    """

    media_type = f"multipart/x-mixed-replace; boundary={_BOUNDARY.decode()}"

    def __init__(self, calls: PictureCalls, camera: str, meters: Meters, stopping: asyncio.Event) -> None:
        super().__init__(meters, stopping)
        self._calls = calls
        self._camera = camera

    def _counted(self) -> AbstractContextManager[None]:
        return self._meters.look()

    async def _feed(self, send: Send) -> None:
        await self._put(send, _HEAD)
        after_ms, ends_s = 0, monotonic() + LOOK_SECONDS
        try:
            while monotonic() < ends_s:
                shot = await self._calls.next_picture(self._camera, after_ms)
                if shot is not None and shot.jpeg is not None:
                    after_ms = shot.taken_ms
                    await self._put(send, part_of(shot.jpeg))
                await asyncio.sleep(_LEAST_PAUSE_SECONDS)
        except (OSError, TimeoutError, Problem):
            self._meters.stream_cut()


def part_of(jpeg: bytes) -> bytes:
    """One picture with the head of the next part behind it."""
    return b"%b\r\n%b" % (jpeg, _HEAD)


def _shot(told: dict[str, Any]) -> Shot | None:
    if not told["found"]:
        return None
    jpeg = None if told["jpeg"] is None else b64decode(told["jpeg"])
    return Shot(told["at_ms"], told["age_ms"], told["reason"], told["digest"], jpeg)


def _row(camera: str, kind: str, at_ms: int) -> Row:
    taken = format_time(at_ms)
    return {"id": f"{kind}-{at_ms}", "type": "picture", "device": camera, "time": taken, "kind": kind}


def _look_row(told: dict[str, Any]) -> Row:
    common = {"id": None, "type": "audit.picture_look", "device": told["camera"], "time": told["at"]}
    return common | {name: told[name] for name in ("by", "through", "what", "kind", "taken")}
