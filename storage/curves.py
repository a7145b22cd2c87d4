"""Steps of a series as charts take them."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Curve:
    """The steps of one series as columns of one length, oldest first; ``time_ms`` is where each begins."""

    site: str
    edge: str
    device: str
    metric: str
    unit: str
    time_ms: list[int] = field(default_factory=list)
    min: list[float] = field(default_factory=list)
    max: list[float] = field(default_factory=list)
    mean: list[float] = field(default_factory=list)
    count: list[int] = field(default_factory=list)
