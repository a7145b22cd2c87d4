"""What an assessment found to be otherwise than before."""

from dataclasses import dataclass

from hub.alarms.episodes import Episode
from hub.alarms.readings import Series


@dataclass(frozen=True, slots=True)
class Change:
    """``episodes``: all of this series and rule that are not cleared at or before ``since_ms``.

    Those that are have not changed. Of all others that were told before, the ones missing here are gone.
    """

    series: Series
    rule: str  # its code
    since_ms: int
    episodes: tuple[Episode, ...]
