"""An episode: a stretch of time in which a rule held (docs/alarm_rules.md)."""

from dataclasses import dataclass

from hub.alarms.rules import Severity
from hub.identity import event_id


@dataclass(frozen=True, slots=True)
class Episode:
    """As known at the time one asked. Times in Unix ms; ``worst`` in thousandths of the metric's unit."""

    device: str
    metric: str
    rule: str  # the rule's code
    version: str  # of the rule: "fridge@1"
    start_ms: int
    raised_at_ms: int
    cleared_at_ms: int | None  # None: open
    severity: Severity
    inferred: bool  # a bridge over unseen time lies in it
    worst: int | None  # of its violating readings, corrected; None for silence and bad readings

    @property
    def episode_id(self) -> str:
        """From device, metric, rule, version and start: the same at edge and hub (design 5)."""
        names = "\x1f".join((self.metric, self.rule, self.version)).encode()
        return event_id(
            time_ms=self.start_ms,
            device=self.device,
            event_type="episode",
            key=str(self.start_ms),
            data=names,
        )
