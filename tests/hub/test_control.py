"""The local socket: calls, refusals, bad calls, and who may open it."""

import asyncio
import json
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from hub import control
from hub.control import Answer, ControlClient, ControlUnavailable, serve_control
from hub.errors import OperatorError, SpoolFull


async def echo(**arguments: Any) -> Answer:
    return {"arguments": arguments}


async def refuse() -> Answer:
    raise OperatorError("no capture ab here")


async def full() -> Answer:
    raise SpoolFull("the spool's quota is used up")


async def fault() -> Answer:
    raise ZeroDivisionError


async def one(capture: str) -> Answer:
    return {"capture": capture}


HANDLERS: dict[str, control.Handler] = {
    "echo": echo,
    "refuse": refuse,
    "full": full,
    "fault": fault,
    "one": one,
}


@asynccontextmanager
async def served(path: Path) -> AsyncIterator[ControlClient]:
    serving = asyncio.create_task(serve_control(path, HANDLERS))
    async with asyncio.timeout(20):
        while True:
            assert not serving.done(), serving.exception()
            with suppress(ControlUnavailable):
                await ControlClient(path).call("echo")
                break
            await asyncio.sleep(0)
        try:
            yield ControlClient(path)
        finally:
            serving.cancel()
            with suppress(asyncio.CancelledError):
                await serving


async def said(path: Path, *lines: bytes) -> list[dict[str, Any]]:
    """What the socket answers to raw lines on one connection."""
    with control._short(path) as name:
        reader, writer = await asyncio.open_unix_connection(name, limit=1 << 25)
    writer.write(b"".join(lines))
    writer.write_eof()
    answers = [json.loads(line) async for line in reader]
    writer.close()
    return answers


async def test_answers_by_name(tmp_path: Path) -> None:
    async with served(tmp_path / "control.sock") as client:
        assert await client.call("echo", name="Đồng Nai", n=7) == {"arguments": {"name": "Đồng Nai", "n": 7}}
        told = await asyncio.gather(*(client.call("echo", n=number) for number in range(30)))
        assert [each["arguments"]["n"] for each in told] == list(range(30))


async def test_socket_is_private_and_goes_with_its_server(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    async with served(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not path.exists()
    with pytest.raises(ControlUnavailable, match="no epihub runs"):
        await ControlClient(path).call("echo")


async def test_refusal_comes_with_its_text(tmp_path: Path) -> None:
    async with served(tmp_path / "control.sock") as client:
        with pytest.raises(OperatorError, match=r"^no capture ab here$"):
            await client.call("refuse")
        with pytest.raises(OperatorError, match="quota is used up"):
            await client.call("full")
        with pytest.raises(OperatorError, match="no such call"):
            await client.call("nothing")
        with pytest.raises(OperatorError, match="bad call"):
            await client.call("one", other=1)
        assert await client.call("one", capture="ab") == {"capture": "ab"}


async def test_an_answer_that_breaks_off_is_none(tmp_path: Path) -> None:
    async def killed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b'{"answer": {"outc')
        writer.close()

    path = tmp_path / "control.sock"
    async with await asyncio.start_unix_server(killed, path):
        with pytest.raises(ControlUnavailable, match="ended while answering"):
            await ControlClient(path).call("echo")


async def test_bad_lines_are_answered_and_the_line_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    bad = [b"\n", b"{\n", b"[]\n", b'{"call": 1}\n', b"\xff\n", b'{"call": "one", "arguments": []}\n']
    async with served(path):
        answers = await said(path, *bad, b'{"call": "echo"}\n')
    assert answers == [{"error": "bad call"}] * len(bad) + [{"answer": {"arguments": {}}}]


async def test_fault_of_ours_ends_one_connection_only(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with served(tmp_path / "control.sock") as client:
        with pytest.raises(ControlUnavailable, match="ended while answering"):
            await client.call("fault")
        assert await client.call("echo") == {"arguments": {}}


async def test_line_without_end_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "LARGEST_LINE_BYTES", 1000)
    path = tmp_path / "control.sock"
    async with served(path) as client:
        with suppress(ConnectionError):
            assert await said(path, b"x" * 100_000) == []
        assert await client.call("echo") == {"arguments": {}}


async def test_connections_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "CONNECTIONS", 2)
    path = tmp_path / "control.sock"
    async with served(path) as client:
        lines = [await asyncio.open_unix_connection(str(path)) for _ in range(2)]
        for reader, writer in lines:
            writer.write(b'{"call": "echo"}\n')
            await reader.readline()
        with pytest.raises(ControlUnavailable):
            await client.call("echo")
        for _, writer in lines:
            writer.close()
        async with asyncio.timeout(10):
            while True:
                with suppress(ControlUnavailable):
                    await client.call("echo")
                    break


async def test_long_path_is_reached_by_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 120)
    folder.mkdir()
    async with served(folder / "control.sock") as client:
        assert await client.call("one", capture="ab") == {"capture": "ab"}


async def test_socket_that_was_left_behind_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    path.write_text("left behind")
    async with served(path) as client:
        assert await client.call("echo") == {"arguments": {}}


async def test_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="No such file"):
        await serve_control(tmp_path / "missing" / "control.sock", HANDLERS)
    with pytest.raises(ControlUnavailable):
        await ControlClient(tmp_path / ("y" * 120) / "control.sock").call("echo")
