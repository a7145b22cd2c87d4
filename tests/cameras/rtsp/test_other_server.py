"""Our client plays a server that is not ours (aio-rtsp-toolkit), from files that PyAV made."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("av")
pytest.importorskip("aio_rtsp_toolkit.server")

import av
import numpy
from aio_rtsp_toolkit import server as toolkit  # type: ignore[import-untyped]
from av.video.stream import VideoStream

from adapters.cameras.reasons import PHASES
from adapters.cameras.rtsp.facts import Codec
from tests.cameras.rtsp.decoding import decoded_size
from tests.cameras.rtsp.watching import Log, session
from tests.ports import free_port

pytestmark = pytest.mark.slow

SIZE, RATE, GROUP, FRAMES = (320, 192), 25, 5, 25
ENCODERS = {"h264": ("libx264", {}), "h265": ("libx265", {"x265-params": "log-level=none"})}


def make_footage(path: Path, codec: Codec) -> None:
    """A second of grain that moves, a keyframe every fifth of a second, without B frames."""
    random = numpy.random.default_rng(7)
    grain = random.integers(0, 255, (SIZE[1], SIZE[0], 3), dtype=numpy.uint8)
    encoder, options = ENCODERS[codec]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(encoder, rate=RATE, options={"preset": "ultrafast", **options})
        assert isinstance(stream, VideoStream)
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        stream.codec_context.gop_size = GROUP
        stream.codec_context.max_b_frames = 0
        stream.codec_context.time_base = Fraction(1, RATE)
        for at in range(FRAMES):
            frame = av.VideoFrame.from_ndarray(numpy.roll(grain, at * 3, axis=1))
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("footage")
    for codec in ("h264", "h265"):
        make_footage(folder / f"{codec}.mp4", codec)
    return folder


@pytest.fixture
async def url(footage: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    quiet = logging.getLogger("tests.rtsp_server")
    quiet.setLevel(logging.CRITICAL)
    for name in ("server", "server_media", "server_voice"):
        with suppress(AttributeError):
            monkeypatch.setattr(f"aio_rtsp_toolkit.{name}.logger", quiet)
    port = free_port()
    server: Any = toolkit.RtspServer(str(footage), "127.0.0.1", port)
    await server.start()
    yield f"rtsp://127.0.0.1:{port}"
    await server.close()


@pytest.mark.parametrize("codec", ["h264", "h265"])
async def test_it_is_played(url: str, codec: Codec) -> None:
    log = Log()
    watched = session(f"{url}/{codec}.mp4?play_count=0", log)
    task = asyncio.create_task(watched.run())
    await log.until("streaming")
    for count in (1, 2):
        watched.want_keyframe()
        await log.until_frames(count)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert log.phases == list(PHASES)
    assert [decoded_size(frame) for frame in log.frames] == [SIZE, SIZE]
    figures = watched.figures
    assert (figures.codec, figures.width, figures.height) == (codec, *SIZE)
    assert (figures.lost, figures.resyncs) == (0, 0)
    assert figures.keyframes >= 2
    apart = (log.frames[1].rtp_time - log.frames[0].rtp_time) & 0xFFFFFFFF
    assert apart % (GROUP * 90_000 // RATE) == 0, "keyframes are a group apart"


async def test_what_it_has_is_known(url: str) -> None:
    assert (await session(f"{url}/h264.mp4").run("described")).reason == "watching"
    ended = await session(f"{url}/nothing.mp4").run("described")
    assert (ended.phase, ended.reason) == ("describe", "not_found")


async def test_its_end_is_noticed(url: str) -> None:
    log = Log()
    ended = await session(f"{url}/h264.mp4?play_count=1", log).run()
    assert ended.phase == "streaming"
    assert ended.reason in ("closed", "reset")
