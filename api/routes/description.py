"""The OpenAPI document. There is no page around it: those of FastAPI load scripts from elsewhere."""

from fastapi import APIRouter, Request, Response

from api.access import ANYONE, role
from api.answers import answer
from api.settings import EVERYWHERE

router = APIRouter(tags=["description"])
AT = EVERYWHERE


@router.get("/openapi.json", dependencies=[role(ANYONE)])
async def openapi(request: Request) -> Response:
    """This document."""
    return answer(request.app.openapi())
