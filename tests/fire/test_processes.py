"""How processes end and who may start: SIGTERM, kill -9, a second one on the same data."""

import asyncio
import subprocess
from pathlib import Path

import pytest

from tests.fire.campaign import running
from tests.fire.installation import EPIHUB, LAYOUTS, Installation, Layout, Role, lives

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
REFUSED = 1


@pytest.mark.parametrize("layout", LAYOUTS)
async def test_sigterm_under_load_ends_cleanly_and_loses_nothing(tmp_path: Path, layout: Layout) -> None:
    async with running(tmp_path, layout) as run:
        await run.analyzers.more(200)
        codes = [await run.installation.stop(role) for role in run.installation.roles]
        left = list(run.installation.data.glob("*.sock"))
        await run.installation.start()
        await run.analyzers.more(50)
        await run.settle()
    assert codes == [0] * len(run.installation.roles)
    assert not left


@pytest.mark.parametrize("layout", LAYOUTS)
async def test_kill_minus_nine_leaves_nobody_behind(tmp_path: Path, layout: Layout) -> None:
    async with running(tmp_path, layout) as run:
        broker = await run.installation.broker_pid()
        api = (await run.installation.call(run.installation.hub_role, "processes"))["api"]
        family = {each.pid for each in run.installation.family(run.installation.hub_role)}
        assert {broker, api} <= family, "the harness does not see them: the test shows nothing"
        await run.installation.kill(run.installation.hub_role)  # waits two seconds for its children's end
        assert not lives(broker)
        assert not lives(api)
        await run.installation.start(run.installation.hub_role)
        await run.settle()


@pytest.mark.parametrize(
    ("layout", "role"), [("one machine", "up"), ("two processes", "hub"), ("two processes", "edge")]
)
async def test_a_second_one_on_the_same_data_is_refused(tmp_path: Path, layout: Layout, role: Role) -> None:
    async with running(tmp_path, layout) as run:
        await run.analyzers.more(20)
        first = run.installation.processes[role].pid
        second = await asyncio.to_thread(_start, role, run.installation.config_of(role))
        await run.analyzers.more(20)
        await run.settle()
    assert second.returncode == REFUSED
    assert "is in use by another epihub" in second.stderr
    assert str(first) in second.stderr
    assert "Traceback" not in second.stderr


async def test_edge_and_hub_may_be_started_at_the_same_moment(tmp_path: Path) -> None:
    """Both make the passwords of the bus if there are none: the same ones."""
    installation = Installation.make(tmp_path, "two processes")
    try:
        await asyncio.gather(installation.start("hub"), installation.start("edge"))
        await installation.until_connected()
    finally:
        await installation.end()


def _start(role: Role, config: Path) -> subprocess.CompletedProcess[str]:
    command = [*EPIHUB, role, "--config", str(config)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
