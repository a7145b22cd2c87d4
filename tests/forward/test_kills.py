"""kill -9 of the edge while it forwards: what was acknowledged arrives, in order."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fire.analyzers import Analyzers
from tests.fire.installation import EPIHUB, Installation, launch
from tests.fire.patience import until
from tests.forward import lis as lis_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
FORWARD = """\
[[forward]]
from = "pcr-1"
to = "mllp://127.0.0.1:{port}"
answer_seconds = 5
retry_seconds = 0.1
"""
KILLS = 3


@pytest.fixture
async def lis() -> AsyncIterator[lis_of.Lis]:
    async with lis_of.running() as running:
        yield running


async def test_killed_in_the_middle_nothing_is_lost_and_order_is_kept(
    tmp_path: Path, lis: lis_of.Lis
) -> None:
    installation = Installation.make(tmp_path / "epihub", "one machine")
    with installation.config.open("a", encoding="utf-8") as config:
        config.write(FORWARD.format(port=lis.port))
    await installation.start()
    analyzers = Analyzers(installation.mllp_port, "f", connections=1, pace_seconds=0.0)
    try:
        await lis.stop()  # what waits when the first kill comes goes out after it
        analyzers.start()
        await analyzers.more(30)
        await installation.kill("up")
        await installation.start()
        await lis.start()
        for _ in range(KILLS - 1):
            await analyzers.more(30)
            await installation.kill("up")
            await installation.start()
        await analyzers.more(30)
        await analyzers.finish()
        acknowledged = list(analyzers.ledger.acknowledged)
        await until(lambda: len(set(lis.accepted)) >= len(acknowledged), "all arrived")
        await told_by_commands(installation, tmp_path)
    finally:
        await analyzers.cancel()
        await installation.end()
    came = [lis_of.control_of(message).decode() for message in lis.taken]
    once = [control for at, control in enumerate(came) if at == 0 or came[at - 1] != control]
    assert once == acknowledged
    assert len(came) - len(once) <= KILLS


async def told_by_commands(installation: Installation, folder: Path) -> None:
    """The command line at the running edge."""
    command = [*EPIHUB, "forward", "list", "--all", "--limit", "5", "--data", str(installation.data)]
    log = folder / "list.txt"
    process = await launch(command, log, dict(os.environ))
    assert await process.wait() == 0
    assert "0 wait, 0 given up" in log.read_text("utf-8")
    assert log.read_text("utf-8").count("DELIVERED") == 5
