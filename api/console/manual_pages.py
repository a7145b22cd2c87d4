"""Pages of the manual that the console links to, as they are written: a browser shows them as plain text."""

from importlib.resources import files
from pathlib import Path

from fastapi import APIRouter, Response
from nicegui import ui

from api.access import role
from api.problems import Problem

MANUAL = ("forwarding.md", "orders.md")  # in the wheel by pyproject.toml, in a checkout from its docs
router = APIRouter(include_in_schema=False, dependencies=[role("reporter")])
_CHECKOUT = Path(__file__).parents[2] / "docs"


def manual_page(name: str) -> bytes | None:
    """The page, UTF-8; None where it is not one of ``MANUAL``, or was not installed."""
    if name not in MANUAL:
        return None
    installed = files("api.console").joinpath("manual", name)
    place = installed if installed.is_file() else _CHECKOUT / name
    return place.read_bytes() if place.is_file() else None


def manual_link(text: str, name: str) -> None:
    """A link that opens beside the console; the bare text where the page was not installed."""
    if manual_page(name) is None:
        ui.label(text)
    else:
        ui.link(text, f"/manual/{name}", new_tab=True).classes("eh-strong")


@router.get("/manual/{name}", dependencies=[role("reporter")])
async def page(name: str) -> Response:
    """A page of the manual, for whoever may see the console."""
    body = manual_page(name)
    if body is None:
        raise Problem(404, "http.not_found")
    return Response(body, media_type="text/plain; charset=utf-8")
