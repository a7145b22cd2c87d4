"""A keyboard as a stream: grabbed, read, gone; a real one where the kernel lets us make one."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from adapters.qr_gates.scanners.wedge import WedgeCodec
from hub.contract import Frame, MalformedFrame
from hub.errors import DeviceUnavailable
from hub.streams import pump
from hub.streams.keyboard import open_keyboard
from tests.background import background
from tests.qr_gates.wedge.keys import KEYS, SHIFT, keys

UINPUT = Path("/dev/uinput")
CODE = "HC1:6BF 75|X"


@asynccontextmanager
async def heard(path: str) -> AsyncIterator["asyncio.Queue[Frame | MalformedFrame]"]:
    """Frames of the keyboard at ``path``."""
    frames: asyncio.Queue[Frame | MalformedFrame] = asyncio.Queue()

    async def accept(frame: Frame | MalformedFrame) -> bytes:
        frames.put_nowait(frame)
        return b""

    connection = await open_keyboard(path)
    async with background(pump(connection, WedgeCodec(), accept)):
        yield frames
    await connection.close()


async def test_keys_come_through_the_pump_until_the_cable_is_pulled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pipe stands for the keyboard: it has all but the grab."""
    monkeypatch.setattr("hub.streams.keyboard.grab", lambda _: None)
    os.mkfifo(tmp_path / "keyboard")
    async with asyncio.timeout(60):
        connection = await open_keyboard(str(tmp_path / "keyboard"))
        frames: list[bytes] = []

        async def accept(frame: Frame | MalformedFrame) -> bytes:
            frames.append(frame.raw)
            return b""

        with (tmp_path / "keyboard").open("wb") as typing:
            typing.write(keys("075199001234") + keys("0751", ends=()))
        await pump(connection, WedgeCodec(), accept)
        await connection.close()
    assert frames == [b"075199001234", b"0751"]


async def test_what_is_no_keyboard_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DeviceUnavailable, match="cannot be opened"):
        await open_keyboard(str(tmp_path / "none"))
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DeviceUnavailable, match="cannot be grabbed"):
        await open_keyboard(str(tmp_path / "pipe"))


@pytest.mark.skipif(not os.access(UINPUT, os.W_OK), reason="this kernel makes no keyboards (no /dev/uinput)")
async def test_a_real_keyboard_types_a_code_and_nobody_else_can_have_it() -> None:
    from evdev import UInput, ecodes

    with UInput({ecodes.EV_KEY: [SHIFT, 28, *(key for key, _ in KEYS.values())]}, name="scanner") as scanner:
        path = str(scanner.device.path)
        async with asyncio.timeout(60), heard(path) as frames:
            with pytest.raises(DeviceUnavailable, match="cannot be grabbed"):
                await open_keyboard(path)
            for char in CODE:
                key, shift = KEYS[char]
                for code, value in [(SHIFT, 1)] * shift + [(key, 1), (key, 0)] + [(SHIFT, 0)] * shift:
                    scanner.write(ecodes.EV_KEY, code, value)
                    scanner.syn()
            scanner.write(ecodes.EV_KEY, 28, 1)
            scanner.syn()
            assert (await frames.get()).raw == CODE.encode()
