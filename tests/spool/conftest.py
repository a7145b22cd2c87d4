from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.spool import Spool
from hub.spool.desk import SpoolDesk
from tests.spool.parts import opened


@pytest.fixture
async def spool(tmp_path: Path) -> AsyncIterator[Spool]:
    async with opened(tmp_path / "spool.db") as made:
        yield made


@pytest.fixture
def desk(spool: Spool) -> SpoolDesk:
    return SpoolDesk(spool.path)
