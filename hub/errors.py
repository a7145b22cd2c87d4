"""Every error epihub raises on purpose, sorted by who must act.

EpihubError
├── ConfigError            the operator must fix the configuration; the process does not start
├── OperatorError          the operator asked for something that cannot be done; nothing was changed
├── DeviceUnavailable      the device or its line is away; the supervisor tries again by itself
│   ├── NoAnswer           the hospital's own system did not answer a query; we answer from our orders
│   └── NotTaken           the device did not take an order of the hospital's own system; that one is told
├── NotCommitted           our own trouble: nothing was stored, the sender must keep what it has
│   ├── SpoolFull          the disk quota of the spool is used up
│   ├── EventTooLarge      one event over 256 KiB; the adapter quarantines the frame
│   ├── StoreUnavailable   the database cannot be read or written just now
│   └── StoreBroken        what was read of it is not to be believed any more; the hub ends
└── BusUnavailable         no broker, or it refused us; the spool waits, nothing is lost

Texts name codes, places and ids of ours; never bytes, names or numbers that a device sent.
"""


class EpihubError(Exception):
    """Base of everything epihub raises on purpose."""


class ConfigError(EpihubError):
    """The operator must fix the configuration; the process does not start."""


class OperatorError(EpihubError):
    """A command cannot be carried out as asked; nothing was changed."""


class DeviceUnavailable(EpihubError):
    """The device or the line to it is away; raised by an adapter to be retried."""


class NoAnswer(DeviceUnavailable):
    """The hospital's own system gave no answer to a query in time, or the line to it is down."""


class NotTaken(DeviceUnavailable):
    """A device did not take a message of the hospital's own system; ``ever``: it may, later."""

    def __init__(self, reason: str, *, ever: bool = True) -> None:
        super().__init__(reason)
        self.ever = ever


class NotCommitted(EpihubError):
    """Nothing was stored: the device must get a negative answer and keep its data."""


class SpoolFull(NotCommitted):
    """The spool's disk quota is used up."""


class EventTooLarge(NotCommitted):
    """One event is over the bus's 256 KiB; the adapter quarantines the frame instead."""


class StoreUnavailable(NotCommitted):
    """The store cannot be read or written just now."""


class StoreBroken(NotCommitted):
    """What we know of the store is not to be believed any more: only a new process may open it."""


class BusUnavailable(EpihubError):
    """The broker is away or refused us; the spool keeps what waits."""


def first_of(errors: BaseExceptionGroup[EpihubError]) -> EpihubError:
    """The first refusal of a group of tasks: the one to tell."""
    error: BaseException = errors
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, EpihubError)
    return error
