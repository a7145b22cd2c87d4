"""Routes of devices that push: there while their adapters run."""

import asyncio

import pytest

from hub.errors import DeviceUnavailable
from hub.streams import HttpAnswer, HttpRequest, RouteBook, serve_route, serve_routes


async def answer(request: HttpRequest) -> HttpAnswer:
    return HttpAnswer(200, request.body)


async def test_route_is_there_until_cancelled() -> None:
    book = RouteBook()
    serving = asyncio.create_task(serve_route(book, "/ingest/a", answer))
    await asyncio.sleep(0)
    handler = book.find("/ingest/a")
    assert handler is not None
    assert (await handler(HttpRequest("POST", "/ingest/a", body=b"x"))).body == b"x"
    assert book.find("/ingest/b") is None
    serving.cancel()
    await asyncio.wait([serving])
    assert book.find("/ingest/a") is None


async def test_route_of_another_device_is_not_taken_over() -> None:
    book = RouteBook()
    serving = asyncio.create_task(serve_route(book, "/ingest/a", answer))
    await asyncio.sleep(0)
    with pytest.raises(DeviceUnavailable, match="another device"):
        await serve_route(book, "/ingest/a", answer)
    assert book.find("/ingest/a") is answer, "the first one keeps it"
    serving.cancel()
    await asyncio.wait([serving])
    again = asyncio.create_task(serve_route(book, "/ingest/a", answer))
    await asyncio.sleep(0)
    assert book.find("/ingest/a") is answer
    again.cancel()


async def test_of_several_routes_none_is_kept_when_one_is_anothers() -> None:
    book = RouteBook()
    book.add("/iclock/A/getrequest", answer)
    with pytest.raises(DeviceUnavailable, match="another device"):
        await serve_routes(book, {"/iclock/A/cdata": answer, "/iclock/A/getrequest": answer})
    assert book.find("/iclock/A/cdata") is None
