"""Pictures at an edge: the last one of each camera, sealed on disk, as long as they may stay."""

import asyncio
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from hub.contract import Snapshot
from hub.edge.picture_folder import MOST_EVENTS, PictureFolder
from hub.edge.snapshots import (
    FLUSH_SECONDS,
    FOLLOWED_SECONDS,
    LARGEST_JPEG_BYTES,
    LARGEST_WALL_BYTES,
    MEMORY_BYTES,
    Snapshots,
)
from hub.vault import Vault
from tests.background import background
from tests.fire.patience import until

CAMERA, OTHER = "cam-1", "cam-2"
AT_MS = 1_795_330_000_000
HOUR_MS = 3_600_000
JPEG = b"\xff\xd8\xff\xe0 a face at the gate"
WALL = b"\xff\xd8\xff\xe0 a smaller one"
TAKEN = Snapshot(CAMERA, AT_MS, JPEG, 640, 360, wall=WALL)


class Clock:
    def __init__(self) -> None:
        self.ms = AT_MS
        self.s = 100.0

    def now_ms(self) -> int:
        return self.ms

    def now_s(self) -> float:
        return self.s


@pytest.fixture
def clock() -> Clock:
    return Clock()


def made(data_dir: Path, clock: Clock, *cameras: str) -> Snapshots:
    folder = PictureFolder(data_dir / "pictures", Vault(data_dir / "keys").sealer())
    snapshots = Snapshots(folder, 24, clock.now_ms, clock.now_s)
    snapshots.cameras |= set(cameras or (CAMERA,))
    return snapshots


@asynccontextmanager
async def running(snapshots: Snapshots) -> AsyncIterator[None]:
    """It has begun when the body does, and has written everything when that ends."""
    async with background(snapshots.run()):
        await asyncio.sleep(0)
        yield


@pytest.fixture
async def snapshots(tmp_path: Path, clock: Clock) -> AsyncIterator[Snapshots]:
    kept = made(tmp_path, clock)
    async with running(kept):
        yield kept


def files(data_dir: Path) -> dict[str, bytes]:
    found = (path for path in (data_dir / "pictures").rglob("*") if path.is_file())
    return {path.name: path.read_bytes() for path in found if not path.name.startswith(".")}


async def test_the_latest_takes_the_place_of_the_one_before(snapshots: Snapshots) -> None:
    assert await snapshots.find(CAMERA, "latest") is None
    snapshots.take(TAKEN)
    later = replace(TAKEN, at_ms=AT_MS + 10_000, jpeg=JPEG + b"2")
    snapshots.take(later)
    assert await snapshots.find(CAMERA, "latest") == later
    assert await snapshots.find(CAMERA, "reference") is None
    assert await snapshots.find(OTHER, "latest") is None


async def test_everything_survives_a_restart_sealed(tmp_path: Path, clock: Clock) -> None:
    shown = {kind: replace(TAKEN, kind=kind, reason=kind) for kind in ("latest", "reference", "event")}
    before = made(tmp_path, clock)
    async with running(before):
        for each in shown.values():
            before.take(each)
    assert sorted(files(tmp_path)) == [f"event-{AT_MS}", "latest", "reference"]
    assert not any(b"face" in sealed or b"\xff\xd8\xff" in sealed for sealed in files(tmp_path).values())
    for path in (tmp_path / "pictures").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)
    after = made(tmp_path, clock)
    for kind, one in shown.items():
        assert await after.find(CAMERA, one.kind) == one, kind
    assert await after.find(CAMERA, "event", AT_MS) == shown["event"]
    assert await after.find(CAMERA, "event", AT_MS + 1) is None
    assert await after.events(CAMERA) == [AT_MS]


def test_no_byte_of_a_picture_is_in_its_repr() -> None:
    assert "face" not in repr(TAKEN)
    assert "smaller" not in repr(TAKEN)


async def test_pictures_cannot_be_swapped(tmp_path: Path, clock: Clock) -> None:
    before = made(tmp_path, clock, CAMERA, OTHER)
    async with running(before):
        before.take(TAKEN)
        before.take(replace(TAKEN, device=OTHER))
    folder = tmp_path / "pictures"
    (folder / CAMERA / "latest").replace(folder / OTHER / "latest")
    (folder / OTHER / "reference").write_bytes(b"short")
    after = made(tmp_path, clock, CAMERA, OTHER)
    assert await after.find(OTHER, "latest") is None
    assert await after.find(OTHER, "reference") is None


async def test_a_reference_and_an_event_are_written_at_once_the_latest_later(
    tmp_path: Path, clock: Clock, snapshots: Snapshots
) -> None:
    snapshots.take(replace(TAKEN, kind="event"))
    await until(lambda: f"event-{AT_MS}" in files(tmp_path), "it has looked what there is to write")
    snapshots.take(TAKEN)
    snapshots.take(replace(TAKEN, kind="reference"))
    await until(lambda: "reference" in files(tmp_path), "the reference is on disk")
    assert "latest" not in files(tmp_path)
    clock.s += FLUSH_SECONDS
    snapshots.take(replace(TAKEN, kind="event", at_ms=AT_MS + 1))
    await until(lambda: "latest" in files(tmp_path), "the latest is on disk")


async def test_pictures_of_events_go_when_their_time_is_over(tmp_path: Path, clock: Clock) -> None:
    hours = (0, 1, 23, 24, 25, 100)
    before = made(tmp_path, clock)
    async with running(before):
        for age in hours:
            before.take(replace(TAKEN, kind="event", at_ms=AT_MS - age * HOUR_MS))
        before.take(replace(TAKEN, at_ms=AT_MS - 100 * HOUR_MS))
    after = made(tmp_path, clock)
    async with running(after):
        left = [AT_MS - age * HOUR_MS for age in (0, 1, 23, 24)]
        await until(lambda: len(files(tmp_path)) == len(left) + 1, "the old ones are gone")
        assert await after.events(CAMERA) == left
        assert await after.find(CAMERA, "latest") is not None, "the last one of a camera that is away stays"


async def test_a_camera_has_so_many_pictures_of_events_at_most(tmp_path: Path, clock: Clock) -> None:
    folder = PictureFolder(tmp_path / "pictures", Vault(tmp_path / "keys").sealer())
    one = replace(TAKEN, kind="event")
    await folder.write([replace(one, at_ms=AT_MS + second) for second in range(MOST_EVENTS + 3)])
    times = await folder.events(CAMERA)
    assert (len(times), times[0], times[-1]) == (MOST_EVENTS, AT_MS + MOST_EVENTS + 2, AT_MS + 3)


async def test_a_camera_of_which_none_may_be_kept_leaves_none(tmp_path: Path, clock: Clock) -> None:
    before = made(tmp_path, clock, CAMERA, OTHER)
    async with running(before):
        before.take(TAKEN)
        before.take(replace(TAKEN, device=OTHER))
    after = made(tmp_path, clock, OTHER)
    async with running(after):
        await until(lambda: not (tmp_path / "pictures" / CAMERA).exists(), "it is deleted")
        after.take(TAKEN)
        assert await after.find(CAMERA, "latest") is None
    assert await after.find(OTHER, "latest") is not None
    assert not (tmp_path / "pictures" / CAMERA).exists()


@pytest.mark.parametrize(
    "wrong",
    [
        replace(TAKEN, jpeg=b""),
        replace(TAKEN, jpeg=b"GIF89a"),
        replace(TAKEN, jpeg=JPEG + bytes(LARGEST_JPEG_BYTES)),
        replace(TAKEN, wall=bytes(LARGEST_WALL_BYTES + 1)),
    ],
    ids=["empty", "no JPEG", "too large", "wall too large"],
)
def test_what_is_no_picture_is_refused(tmp_path: Path, clock: Clock, wrong: Snapshot) -> None:
    with pytest.raises(ValueError, match="bytes"):
        made(tmp_path, clock).take(wrong)


async def test_more_than_memory_may_hold_is_read_from_disk(tmp_path: Path, clock: Clock) -> None:
    many = [f"cam-{n}" for n in range(MEMORY_BYTES // LARGEST_JPEG_BYTES + 8)]
    snapshots = made(tmp_path, clock, *many)
    large = JPEG + bytes(LARGEST_JPEG_BYTES - len(JPEG))
    async with running(snapshots):
        for name in many:
            snapshots.take(replace(TAKEN, device=name, jpeg=large))
    held = sum(len(one.jpeg) for one in snapshots._latest.values())
    assert held <= MEMORY_BYTES
    assert many[0] not in snapshots._latest
    first = await snapshots.find(many[0], "latest")
    assert first is not None
    assert first.jpeg == large


async def test_a_disk_that_refuses_loses_nothing_that_memory_has(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "pictures").write_text("no folder")
    snapshots = made(tmp_path, clock)
    async with running(snapshots):
        snapshots.take(TAKEN)
        snapshots.take(replace(TAKEN, kind="reference"))
        await until(lambda: snapshots._failing, "the disk has refused")
        assert await snapshots.find(CAMERA, "latest") == TAKEN
        assert (await snapshots.find(CAMERA, "reference")) is not None
        (tmp_path / "pictures").unlink()
    assert sorted(files(tmp_path)) == ["latest", "reference"], "written at the end, when it could be"


async def test_who_follows_gets_each_new_one_and_is_seen_to_look(clock: Clock, snapshots: Snapshots) -> None:
    assert not snapshots.looked_at(CAMERA)
    assert await snapshots.next(CAMERA, 0, 0.0) is None
    asked = asyncio.create_task(snapshots.next(CAMERA, AT_MS - 1, 10))
    await until(lambda: snapshots.looked_at(CAMERA), "somebody looks")
    snapshots.take(replace(TAKEN, at_ms=AT_MS - 1))
    snapshots.take(TAKEN)
    assert await asked == TAKEN
    assert await snapshots.next(CAMERA, AT_MS - 1, 10) == TAKEN, "at once"
    assert snapshots.looked_at(CAMERA)
    assert not snapshots.looked_at(OTHER)
    clock.s += 10 + FOLLOWED_SECONDS + 1
    assert not snapshots.looked_at(CAMERA)
