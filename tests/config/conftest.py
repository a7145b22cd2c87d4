from importlib.metadata import EntryPoint

import pytest

from hub.config.kinds import GROUP, Kinds

DOORS = {
    "listener": "tests.config.probes:Listener",
    "dialer": "tests.config.probes:Dialer",
    "heavy": "tests.config.heavy_probe:Heavy",
}


@pytest.fixture
def kinds() -> Kinds:
    return Kinds(EntryPoint(name, value, GROUP) for name, value in DOORS.items())
