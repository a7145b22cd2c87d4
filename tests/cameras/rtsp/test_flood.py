"""A camera that sends without measure is left, before it takes the time of all others."""

import asyncio

import pytest

from adapters.cameras.rtsp import camera_line
from tests.cameras.rtsp.watching import session
from tests.cameras.rtsp.wire import Source, opening


@pytest.mark.slow
async def test_more_than_any_camera_sends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera_line, "MOST_BYTES_A_SECOND", 200_000)  # so that any machine can send it

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for reply in opening("h264"):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(reply)
        source = Source(most=1400)
        try:
            while True:
                writer.write(b"".join(source.picture(key=False, size=50_000)))
                await writer.drain()
        except ConnectionError:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        watched = session(f"rtsp://127.0.0.1:{port}/flood")
        ended = await watched.run()
    assert (ended.phase, ended.reason, ended.detail) == ("first_keyframe", "too_large", "rate")
    assert watched.figures.lost == 0
