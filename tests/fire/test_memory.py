"""Memory of a running edge under the worst that 64 lines can send at once: less than twice the cap a line."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.fire.installation import Installation
from tests.fire.test_cuts import running
from tests.lab_analyzers.astm.device import ACK, ENQ, Device, records
from tests.lab_analyzers.line import framed, msa, oru, read_answer

LINES = 64  # what a port takes
CAP = 1024 * 1024
MOST_OF_CAP = 2.0
ENDLESS = b"OBX|9|ED|PDF||^^^Base64^" + b"A" * (3 * CAP)
FILLED = b"OBX|9|ED|PDF||^^^Base64^" + b"A" * (CAP - 1024) + b"\r"


class Peak:
    """How much more memory than now a process holds at most, as the kernel counts it (proc(5))."""

    def __init__(self, pid: int) -> None:
        self._process = Path(f"/proc/{pid}")
        (self._process / "clear_refs").write_text("5")  # the peak begins anew
        self._before = self._bytes("VmRSS")

    @property
    def bytes(self) -> int:
        return self._bytes("VmHWM") - self._before

    def _bytes(self, name: str) -> int:
        lines = (self._process / "status").read_text("ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


def peak_of(installation: Installation) -> Peak:
    return Peak(installation.processes["up"].pid)


async def say(port: int, block: bytes) -> str:
    """The answer to one block on a line of its own; the port has room for another line when it returns."""
    device = await Device.dial(port)
    device.writer.write(block)
    answer, _ = msa(await read_answer(device.reader))
    await device.hang_up()
    return answer


async def say_frame(port: int) -> None:
    """A frame that does not end, on a line of its own; then its sender hangs up."""
    device = await Device.dial(port)
    assert await device.say(ENQ) == ACK
    device.writer.write(b"\x021H|\\^&|||" + b"A" * (CAP // 8))
    await device.hang_up()


async def all_at_once(port: int, blocks: Iterable[bytes]) -> set[str]:
    return set(await asyncio.gather(*(say(port, block) for block in blocks)))


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_sixty_four_lines_hold_less_than_twice_the_cap_each(tmp_path: Path) -> None:
    settings = f"frame_max_bytes = {CAP}\n"
    async with running(tmp_path, settings) as (installation, astm_port):
        port = installation.mllp_port
        peak = peak_of(installation)
        endless = [b"\x0b" + oru(f"E{n}", f"E-{n}") + ENDLESS for n in range(LINES)]
        assert await all_at_once(port, (block + b"\x1c\r" for block in endless)) == {"AR"}
        largest = [framed(oru(f"L{n}", f"L-{n}") + FILLED) for n in range(LINES)]
        assert await all_at_once(port, largest) == {"AA"}
        await asyncio.gather(*(say_frame(astm_port) for _ in range(LINES)))
        assert peak.bytes < MOST_OF_CAP * CAP * LINES
        assert await (await Device.dial(astm_port)).deliver(records()) == ACK * 8
        assert await say(port, framed(oru("LAST"))) == "AA"
