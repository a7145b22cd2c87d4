"""All that is known of one camera."""

from dataclasses import dataclass, field

from adapters.cameras.health.clock import CameraClock
from adapters.cameras.health.figures import StreamRates
from adapters.cameras.health.line import Line
from adapters.cameras.health.pictures import PictureFaults
from adapters.cameras.health.reconnects import Reconnects


@dataclass(slots=True)
class Known:
    """``check_seconds``: how often its picture is looked at in truth; ``night`` None: it never was."""

    line: Line
    rates: StreamRates = field(default_factory=StreamRates)
    pictures: PictureFaults = field(default_factory=PictureFaults)
    clock: CameraClock = field(default_factory=CameraClock)
    reconnects: Reconnects = field(default_factory=Reconnects)
    check_seconds: float | None = None
    night: bool | None = None
    learning: bool = False

    def clean(self) -> frozenset[str]:
        """Faults that were looked for and not found."""
        line = {"flapping", "clock"} if self.line.state == "ONLINE" else set()
        return (self.pictures.clean | self.rates.clean | line) - self.faults()

    def faults(self) -> frozenset[str]:
        flaps = {"flapping"} if self.reconnects.flaps else set()
        clock = {"clock"} if self.clock.is_wrong else set()
        return self.pictures.standing | self.rates.standing | flaps | clock
