"""Answers that say what went wrong: RFC 9457 problem details, the same shape for every error.

``code`` is the stable name; ``title`` and ``detail`` are for people. No answer repeats what a client sent.
"""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from hub.errors import NotCommitted
from storage.contract import BadCursor, CursorGone

MEDIA_TYPE = "application/problem+json"
_LARGEST_FIELD_LIST = 20
log = logging.getLogger("api.problems")


class Problem(Exception):
    """An answer other than the one asked for; ``extra`` are further members of the problem object."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str = "",
        *,
        headers: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = dict(headers or {})
        self.extra = extra

    def body(self) -> dict[str, Any]:
        title = HTTPStatus(self.status).phrase
        told = {"type": f"urn:epihub:problem:{self.code}", "title": title, "status": self.status}
        return told | {"code": self.code, "detail": self.detail} | self.extra

    def answer(self) -> Response:
        headers = {"Cache-Control": "no-store"} | self.headers
        return Response(msgspec.json.encode(self.body()), self.status, headers, MEDIA_TYPE)


def not_found(what: str) -> Problem:
    return Problem(404, f"{what}.unknown", f"There is no such {what}.")


def hub_elsewhere() -> Problem:
    return Problem(421, "hub.elsewhere", "Only the hub has a store; this is an edge.")


def hub_away() -> Problem:
    return Problem(503, "hub.away", "The hub process does not answer.", headers={"Retry-After": "2"})


def _http_problem(error: HTTPException) -> Problem:
    name = HTTPStatus(error.status_code).phrase.lower().replace(" ", "_")
    return Problem(error.status_code, f"http.{name}", headers=error.headers)


def _place(location: tuple[Any, ...]) -> str:
    return ".".join(str(part)[:40] for part in location[:4])


def _validation_problem(error: RequestValidationError) -> Problem:
    """Every wrong field with its rule; never the value that was sent."""
    found = error.errors()[:_LARGEST_FIELD_LIST]
    fields = [{"field": _place(one["loc"]), "code": one["type"], "message": one["msg"]} for one in found]
    return Problem(422, "request.invalid", "The request does not fit the description.", errors=fields)


def _gone_problem(error: CursorGone) -> Problem:
    return Problem(410, "cursor.gone", f"The log begins at {error.first}.", first=error.first)


def install(app: FastAPI) -> None:
    """Turn every error of the routes into its problem."""
    bad_cursor = Problem(400, "cursor.bad", "This store never gave that cursor.")
    store_away = Problem(503, "store.unavailable", "The store cannot be read.", headers={"Retry-After": "2"})

    @app.exception_handler(Problem)
    async def _own(_: Request, error: Problem) -> Response:
        return error.answer()

    @app.exception_handler(HTTPException)
    async def _http(_: Request, error: HTTPException) -> Response:
        return _http_problem(error).answer()

    @app.exception_handler(RequestValidationError)
    async def _invalid(_: Request, error: RequestValidationError) -> Response:
        return _validation_problem(error).answer()

    @app.exception_handler(CursorGone)
    async def _gone(_: Request, error: CursorGone) -> Response:
        return _gone_problem(error).answer()

    @app.exception_handler(BadCursor)
    async def _bad(_: Request, __: BadCursor) -> Response:
        return bad_cursor.answer()

    @app.exception_handler(NotCommitted)
    async def _away(_: Request, __: NotCommitted) -> Response:
        return store_away.answer()

    @app.exception_handler(Exception)
    async def _unexpected(_: Request, error: Exception) -> Response:
        log.error("unexpected error", extra={"error": type(error).__name__, "at": _where(error)})
        return Problem(500, "internal", "An error on our side; it was logged.").answer()


def _where(error: BaseException) -> str:
    """file:line of the innermost frame: enough to find the fault, without values."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}" if trace else "?"
