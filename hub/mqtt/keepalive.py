"""When to ping and when to give the line up, without a clock: the owner calls ``tick`` on a timer."""

from enum import Enum, auto


class Step(Enum):
    """What the owner of the line must do now."""

    WAIT = auto()
    PING = auto()
    GIVE_UP = auto()


class KeepAlive:
    """Watches both directions of a line that must not be silent for ``TICKS`` ticks.

    The broker ends a line on which it hears nothing for 1.5 keep-alives [MQTT-3.1.2-24]; nothing in the
    standard tells us that the broker is gone, so its silence to a ping is ours to notice.
    """

    TICKS = 3  # a keep-alive; a dead broker is noticed three to four ticks after its last byte

    def __init__(self) -> None:
        self.sent = False  # set by the owner for each write
        self.received = True  # set by the owner for each read
        self._silent_ticks = 0

    def tick(self, *, listening: bool) -> Step:
        """Judge the time since the last tick; ``listening`` is False while we do not read ourselves."""
        self._silent_ticks = 0 if self.received or not listening else self._silent_ticks + 1
        quiet = self._silent_ticks > 0 or not self.sent
        self.sent = self.received = False
        if self._silent_ticks >= self.TICKS:
            return Step.GIVE_UP
        return Step.PING if quiet else Step.WAIT
