"""``epihub chaos`` as people start it."""

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path

import pytest

from tests.chaos.servers import SECONDS, Echo

pytestmark = pytest.mark.slow
EPIHUB = (sys.executable, "-c", "from hub.cli import main; main()", "chaos")


async def test_words_from_the_command_line_a_script_and_the_keyboard(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("0 jitter_ms=1\n", "utf-8")
    echo = Echo()
    server = await asyncio.start_server(echo.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    process = await _start(
        "--listen", "127.0.0.1:0", "--to", f"127.0.0.1:{port}", "slice_bytes=3", "--script", str(script),
        "--control",
    )  # fmt: skip
    first = await _line(process)
    assert first.endswith(f"-> 127.0.0.1:{port}: slice_bytes=3")
    reader, writer = await asyncio.open_connection("127.0.0.1", int(first.split(" ")[2].split(":")[1]))
    writer.write(b"0123456789")
    async with asyncio.timeout(SECONDS):
        assert await reader.readexactly(10) == b"0123456789"
    assert (await _line(process)).endswith("0 s: jitter_ms=1 slice_bytes=3")
    assert "unknown word" in await _say(process, "cute")
    assert "10 bytes up, 10 down" in await _say(process, "heal")
    await _say(process, "cut")
    assert await reader.read() == b""
    process.terminate()
    assert "1 taken" in await _line(process)
    assert await process.wait() == 0
    writer.close()
    server.close()


@pytest.mark.parametrize(
    ("arguments", "told", "code"),
    [
        (["--listen", "127.0.0.1", "--to", "127.0.0.1:1"], "write HOST:PORT", 2),
        (["--listen", "127.0.0.1:0", "--to", "127.0.0.1:1", "cute"], "unknown word", 2),
        (["--listen", "192.0.2.1:0", "--to", "127.0.0.1:1"], "192.0.2.1:0: ", 1),
    ],
)
async def test_a_refusal_is_one_text(arguments: list[str], told: str, code: int) -> None:
    process = await _start(*arguments)
    _, said = await process.communicate()
    assert told in said.decode()
    assert "Traceback" not in said.decode()
    assert process.returncode == code


async def _start(*arguments: str) -> Process:
    return await asyncio.create_subprocess_exec(*EPIHUB, *arguments, stdin=PIPE, stdout=DEVNULL, stderr=PIPE)


async def _say(process: Process, words: str) -> str:
    assert process.stdin
    process.stdin.write(words.encode() + b"\n")
    return await _line(process)


async def _line(process: Process) -> str:
    assert process.stderr
    async with asyncio.timeout(SECONDS):
        return (await process.stderr.readline()).decode().strip()
