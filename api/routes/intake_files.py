"""Tables that people filled in, and the templates for them."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, Field

from api.access import Identity, role
from api.answers import answer
from api.console.wording import Language
from api.deck import OfDeck
from api.intake import refused
from api.intake_files.columns import TableKind
from api.intake_uploads import template, upload
from api.schemas import documented

router = APIRouter(tags=["intake"])
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_BODY: dict[str, Any] = {"requestBody": {"required": True, "content": {"text/csv": _BINARY, XLSX: _BINARY}}}
_TYPES = {"csv": "text/csv; charset=utf-8", "xlsx": XLSX}
Kind = Annotated[TableKind, Path(description="What the rows are.", examples=["quarantine-daily"])]
Operator = Annotated[Identity, role("operator")]
Check = Annotated[bool, Query(description="Only tell what would become of it.")]
Lang = Annotated[Language, Query(description="Of the headings.")]


class UploadAnswer(BaseModel):
    """What became of the rows."""

    rows: int = Field(examples=[171])
    check: bool = Field(description="Whether it was only checked.")
    counts: dict[Literal["created", "updated", "unchanged", "superseded"], int]


_TOLD: dict[int | str, Any] = documented(UploadAnswer, 403, 413, 421, 422, 501, 503)


@router.post("/intake/{kind}/file", responses=_TOLD, openapi_extra=_BODY)
async def from_file(
    request: Request, deck: OfDeck, who: Operator, kind: Kind, check: Check = False
) -> Response:
    """A table as CSV (UTF-8) or XLSX, 20,000 rows at most; what administrators set needs the role admin.

    Every mistake is told with its row, 200 at most, and then nothing is entered.
    """
    done = await upload(deck, kind, await request.body(), who, check=check)
    if done.errors:
        raise refused(done.errors)
    return answer({"rows": done.rows, "check": check, "counts": done.counts})


_FILES: dict[int | str, Any] = documented(UploadAnswer, 422, 501)
_FILES[200] = {"description": "The file", "content": {"text/csv": _BINARY, XLSX: _BINARY}}


@router.get(
    "/intake/{kind}/template.{form}",
    dependencies=[role("operator")],
    responses=_FILES,
    response_class=Response,
)
async def a_template(
    deck: OfDeck,
    kind: Kind,
    form: Annotated[Literal["csv", "xlsx"], Path(description="csv or xlsx.")],
    lang: Lang = "vi",
) -> Response:
    """A table to fill in; columns with a star are needed."""
    made = Response(await template(deck, kind, form, lang), media_type=_TYPES[form])
    made.headers["Content-Disposition"] = f'attachment; filename="{kind}.{form}"'
    return made
