"""Pictures of cameras, from the edge that has them; apart, a hub answers 421 with the edge's address."""

from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.access import Identity, role
from api.answers import listing
from api.deck import Deck, OfDeck
from api.edge.link import EdgeLink
from api.edge.pictures import MOST_LOOKS, Kind, LookStream, Shot, Size
from api.edge.routes.edges import EdgeName
from api.edge.whose import edge_here, elsewhere
from api.problems import Problem, not_found
from api.queries import PageQuery
from api.schemas import ItemList, documented, drawn, streamed_pictures
from api.settings import EVERYWHERE

router = APIRouter(tags=["cameras"])
AT = EVERYWHERE
CameraName = Annotated[
    str, Path(pattern=r"^[a-z0-9_-]{1,64}$", description="Id of a camera.", examples=["cam-cong-1"])
]
NOT_HERE = (404, 421)


class SnapshotQuery(BaseModel):
    """Which picture, and how large."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind = Field("latest", description="What it shows now, should show, or showed when a fault began.")
    size: Size = Field("wall", description="wall: 160 pixels wide; full: as it is kept, and audited.")
    at_ms: int | None = Field(None, ge=0, le=2**53, description="Of an event: when it was taken, Unix ms.")


@router.get("/cameras/{camera}/snapshot.jpg", response_class=Response, responses=drawn(422, *NOT_HERE))
async def snapshot(
    deck: OfDeck,
    camera: CameraName,
    wanted: Annotated[SnapshotQuery, Query()],
    who: Annotated[Identity, role("operator")],
    if_none_match: Annotated[str | None, Header(max_length=200)] = None,
) -> Response:
    """A picture, masks burnt in; ``Age`` says how old it is. Whole ones are audited before the answer."""
    known = (if_none_match or "").removeprefix("W/").strip('"')
    link = await camera_here(deck, camera)
    shot = await link.snapshot(camera, wanted.kind, wanted.at_ms, wanted.size, known, who.id)
    if shot is None:
        raise not_found("picture")
    return picture_answer(shot, wanted.size)


@router.get(
    "/cameras/{camera}/look.mjpg", response_class=Response, responses=streamed_pictures(429, 422, *NOT_HERE)
)
async def look(deck: OfDeck, camera: CameraName, who: Annotated[Identity, role("operator")]) -> Response:
    """Whole pictures one after another, as they are taken, for ten minutes; audited before the first."""
    link = await camera_here(deck, camera)
    if deck.meters.open_looks >= MOST_LOOKS:
        raise Problem(429, "looks.too_many", "Too many look at once.", headers={"Retry-After": "10"})
    await link.begin_look(camera, who.id)
    return LookStream(link, camera, deck.meters, deck.stopping)


@router.get(
    "/cameras/{camera}/pictures",
    dependencies=[role("operator")],
    responses=documented(ItemList, 422, *NOT_HERE),
)
async def pictures(deck: OfDeck, camera: CameraName) -> Response:
    """Which pictures are kept of it, and when each was taken; without the pictures."""
    return listing(await (await camera_here(deck, camera)).pictures(camera))


@router.get(
    "/edges/{edge}/picture-looks",
    dependencies=[role("admin", "vault")],
    responses=documented(ItemList, 422, *NOT_HERE),
)
async def picture_looks(deck: OfDeck, edge: EdgeName, wanted: Annotated[PageQuery, Query()]) -> Response:
    """The audit of whole pictures, the newest first: who, when, which camera."""
    return listing(await (await edge_here(deck, edge)).picture_looks(wanted.limit))


def picture_answer(shot: Shot, size: Size) -> Response:
    """200, or 304 where the asker has it; what a browser keeps of the wall it asks about each time."""
    headers = {
        "ETag": f'"{shot.digest}"',
        "Age": str(shot.age_ms // 1000),
        "Cache-Control": "private, no-cache" if size == "wall" else "no-store",
    }
    if shot.jpeg is None:
        return Response(status_code=304, headers=headers)
    return Response(shot.jpeg, headers=headers, media_type="image/jpeg")


async def camera_here(deck: Deck, camera: str) -> EdgeLink:
    """The line to its edge; raises Problem 421 with the edge's address when it is elsewhere, 404."""
    if deck.edge is not None and any(each["id"] == camera for each in deck.settings.devices):
        return deck.edge
    found = await deck.inventory.device(camera)
    edge = (found or {}).get("edge")
    if not edge:
        raise not_found("camera")
    if deck.edge is not None and edge == deck.settings.edge:
        return deck.edge
    raise elsewhere(deck, str(edge))
