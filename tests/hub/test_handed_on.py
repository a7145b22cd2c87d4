"""What the API asks reaches a hub beside an edge, too: it answers for both, the projector for itself."""

import inspect
import re

from api.link import HubLink
from hub.runtime import projector_beside
from hub.runtime.hub_beside_edge import HANDED_ON

OF_THE_EDGE = {"health", "metrics", "ingest"}  # the process in front answers these itself


def test_every_call_of_the_api_is_handed_on() -> None:
    asked = set(re.findall(r'\._(?:call|asked|entered|settled)\(\s*"([\w.]+)"', inspect.getsource(HubLink)))
    assert len(asked) > 8
    assert asked - OF_THE_EDGE <= {*HANDED_ON, *projector_beside.HANDED_ON}
