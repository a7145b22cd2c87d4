"""Pictures by the API: who may, how old they are, what is asked again, what the audit says."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from api.edge.pictures import MOST_LOOKS
from api.keys import Role
from hub.streams.clock import now_ms
from tests.api.clients import client_of, keyed, serving
from tests.cameras.pictures.camera_edge import BLIND, CAMERA, JPEG, WALL, CameraEdge, camera_edge
from tests.spool.parts import every_row

SNAPSHOT = f"/api/v1/cameras/{CAMERA}/snapshot.jpg"
FULL = f"{SNAPSHOT}?size=full"
LOOKS = "/api/v1/edges/edge-7/picture-looks"


@pytest.fixture
async def there(tmp_path: Path) -> AsyncIterator[CameraEdge]:
    async with camera_edge(tmp_path) as made:
        yield made


@pytest.fixture
async def app(there: CameraEdge) -> AsyncIterator[FastAPI]:
    async with serving(there.settings()) as made:
        yield made


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as made:
        yield made


async def test_the_wall_gets_the_small_picture_with_its_age(
    there: CameraEdge, client: httpx.AsyncClient
) -> None:
    there.shows(at_ms=now_ms() - 90_500)
    answer = await client.get(SNAPSHOT)
    assert (answer.status_code, answer.content) == (200, WALL)
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["cache-control"] == "private, no-cache"
    assert 90 <= int(answer.headers["age"]) < 600
    assert (await client.get(LOOKS)).json()["items"] == [], "nobody was seen, so nothing is noted"


async def test_a_picture_that_the_asker_has_is_not_sent_again(
    there: CameraEdge, client: httpx.AsyncClient
) -> None:
    there.shows()
    mark = (await client.get(SNAPSHOT)).headers["etag"]
    for told in (mark, f"W/{mark}"):
        same = await client.get(SNAPSHOT, headers={"If-None-Match": told})
        assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", mark)
        assert "age" in same.headers
    there.shows(wall=WALL + b"2")
    other = await client.get(SNAPSHOT, headers={"If-None-Match": mark})
    assert (other.status_code, other.content) == (200, WALL + b"2")
    assert other.headers["etag"] != mark


async def test_a_whole_picture_leaves_a_row_first(there: CameraEdge, client: httpx.AsyncClient) -> None:
    there.shows()
    answer = await client.get(FULL)
    assert (answer.status_code, answer.content) == (200, JPEG)
    assert answer.headers["cache-control"] == "no-store"
    again = await client.get(FULL, headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    (row,) = (await client.get(LOOKS)).json()["items"]
    assert (row["device"], row["by"], row["what"], row["kind"]) == (CAMERA, "local", "picture", "latest")


async def test_without_its_audit_no_whole_picture_is_shown(
    there: CameraEdge, client: httpx.AsyncClient
) -> None:
    there.shows()
    (there.data_dir / "audit").write_text("no folder")
    for path in (FULL, f"/api/v1/cameras/{CAMERA}/look.mjpg"):
        answer = await client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (503, "audit.unavailable")
        assert JPEG not in answer.content
    assert (await client.get(SNAPSHOT)).status_code == 200


async def test_reference_and_event_are_pictures_of_their_own(
    there: CameraEdge, client: httpx.AsyncClient
) -> None:
    at_ms = now_ms()
    there.shows(kind="reference", wall=WALL + b"r", at_ms=at_ms)
    there.shows(kind="event", wall=WALL + b"old", reason="black", at_ms=at_ms)
    there.shows(kind="event", wall=WALL + b"new", reason="blur", at_ms=at_ms + 1)
    there.shows(at_ms=at_ms)

    async def seen(query: str) -> bytes:
        return (await client.get(f"{SNAPSHOT}?{query}")).content

    assert await seen("kind=reference") == WALL + b"r"
    assert await seen("kind=event") == WALL + b"new"
    assert await seen(f"kind=event&at_ms={at_ms}") == WALL + b"old"
    assert (await client.get(f"{SNAPSHOT}?kind=event&at_ms=5")).json()["code"] == "picture.unknown"


async def test_which_pictures_are_kept_is_told(there: CameraEdge, client: httpx.AsyncClient) -> None:
    listed = f"/api/v1/cameras/{CAMERA}/pictures"
    assert (await client.get(listed)).json()["items"] == []
    there.shows()
    (row,) = (await client.get(listed)).json()["items"]
    assert (row["kind"], row["device"]) == ("latest", CAMERA)
    assert row["time"]


async def test_what_is_not_there_says_so(there: CameraEdge, client: httpx.AsyncClient) -> None:
    async def code(path: str) -> tuple[int, str]:
        answer = await client.get(f"/api/v1/cameras/{path}")
        return answer.status_code, answer.json()["code"]

    assert await code(f"{CAMERA}/snapshot.jpg") == (404, "picture.unknown")
    assert await code("cam-nobody/snapshot.jpg") == (404, "camera.unknown")
    assert await code("cam-nobody/look.mjpg") == (404, "camera.unknown")
    there.shows(BLIND)
    assert await code(f"{BLIND}/snapshot.jpg") == (404, "picture.unknown")
    assert await code(f"{CAMERA}/snapshot.jpg?size=huge") == (422, "request.invalid")
    assert await code(f"{CAMERA}/snapshot.jpg?width=9") == (422, "request.invalid")
    there.shows(wall=b"")
    assert await code(f"{CAMERA}/snapshot.jpg") == (404, "picture.unknown"), "never the whole one instead"


@pytest.mark.parametrize(
    ("asker", "status"),
    [("operator", 200), ("admin", 200), ("reporter", 403), ("vault", 403), ("public", 403)],
)
async def test_only_who_works_with_cameras_sees_them(
    there: CameraEdge, app: FastAPI, asker: Role, status: int
) -> None:
    there.shows()
    async with keyed(app, there.settings(), asker) as client:
        for path in (SNAPSHOT, FULL, f"/api/v1/cameras/{CAMERA}/pictures"):
            assert (await client.get(path)).status_code == status, path
    async with client_of(app) as nobody:
        assert (await nobody.get(SNAPSHOT)).status_code == 401


async def test_the_audit_is_for_admin_and_vault(there: CameraEdge, app: FastAPI) -> None:
    for asker, status in (("admin", 200), ("vault", 200), ("operator", 403)):
        async with keyed(app, there.settings(), asker) as client:  # type: ignore[arg-type]
            assert (await client.get(LOOKS)).status_code == status


async def test_so_many_look_at_once_and_no_more(there: CameraEdge, app: FastAPI) -> None:
    app.state.deck.meters.open_looks = MOST_LOOKS
    async with client_of(app) as client:
        answer = await client.get(f"/api/v1/cameras/{CAMERA}/look.mjpg")
    assert (answer.status_code, answer.json()["code"]) == (429, "looks.too_many")


async def test_no_byte_of_a_picture_is_in_the_spool(there: CameraEdge, client: httpx.AsyncClient) -> None:
    for kind in ("latest", "reference", "event"):
        there.shows(kind=kind)
    await client.get(FULL)
    rows = [each.body for each in await every_row(there.edge.spool)]
    assert rows, "states of devices are"
    assert not any(b"face" in body or b"\xff\xd8" in body for body in rows)
    assert "jpeg" not in json.dumps([json.loads(body) for body in rows])
