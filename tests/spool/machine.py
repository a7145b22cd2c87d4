"""What the state machines of a spool share: a folder, a loop, and the spool that is open."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize

from hub.spool import Spool, SpoolLimits
from tests.spool.parts import SEALER, make_skip

T = TypeVar("T")


class SpoolInAFolder(RuleBasedStateMachine):
    """``path`` is the file of ``spool``."""

    LIMITS = SpoolLimits()

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = Path(mkdtemp())
        self.path = self.folder / "spool.db"

    def teardown(self) -> None:
        self._run(self.spool.close())
        self.runner.close()
        rmtree(self.folder)

    @initialize()
    def start(self) -> None:
        self._run(self._open())
        self.started()

    def started(self) -> None:
        """The first time."""

    def opening(self) -> None:
        """``spool`` is about to be opened."""

    async def _open(self) -> None:
        self.spool = Spool(self.path, SEALER, make_skip, self.LIMITS)
        self.opening()
        await self.spool.open()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)


def some(max_examples: int) -> settings:
    """So many runs of a machine."""
    return settings(
        max_examples=max_examples,
        stateful_step_count=40,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
