"""One demo serves all tests of a module; chromium as the console's tests start it."""

from collections.abc import Iterator

import pytest

from tests.console.conftest import browser
from tests.demo.province import Demo

__all__ = ["browser"]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Running and live; the first results and readings came in time."""
    started = Demo.start(tmp_path_factory.mktemp("demo") / "data")
    try:
        started.until_live()
        yield started
    finally:
        started.terminal.close()
