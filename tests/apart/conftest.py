from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.disk import folder_on_disk


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """On a disk, as in a hospital."""
    with folder_on_disk() as folder:
        yield folder
