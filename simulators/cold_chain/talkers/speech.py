"""What is common to all talkers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from simulators.cold_chain.unit_plan import UnitPlan
from simulators.cold_chain.unit_sample import Message, Sample


class Sending(NamedTuple):
    """``sent_ms``: when it leaves the unit; ``number`` counts the unit's messages; ``kept``: a backlog."""

    sent_ms: int
    number: int
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Speech:
    """``at_once``: how many samples make a message, ``keeps_at_once``: of a backlog; urgent ones go now."""

    message: Callable[[UnitPlan, Sequence[Sample], Sending], Message]
    at_once: int
    keeps_at_once: int
    urgent: Callable[[Sample], bool] = lambda sample: False
