"""Where a ``[[forward]]`` goes, how its lines are opened, and what it counts."""

import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from hub.contract import Sender
from hub.edge.courier import Line, PassOn, dialled, folder
from hub.errors import ConfigError, NotTaken
from hub.mqtt.tls import trusting

Opener = Callable[[Callable[[str], None]], AbstractAsyncContextManager[Line]]
"""Opens a line, given who hears of answers that settle nothing."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ForwardSettings:
    """``to``: a URL. ``tries``: how often one message is sent in vain before it is given up, 0: for ever.

    ``queries``: host queries are asked there, and not owed.
    """

    id: str
    device: str
    to: str
    ca_file: Path | None = None
    answer_seconds: float = 30.0
    retry_seconds: float = 5.0
    retry_longest_seconds: float = 300.0
    tries: int = 20
    queries: bool = True

    @property
    def takes_queries(self) -> bool:
        """A folder answers nothing."""
        return self.queries and not self.is_folder

    @property
    def is_folder(self) -> bool:
        return urlsplit(self.to).scheme == "file"


@dataclass(slots=True)
class ForwardCounters:
    """Since the start; ``trouble``: why nothing is delivered just now, "" when it is.

    ``orders_passed``, ``orders_not_taken``: what the other side sent by itself for the device.
    """

    delivered: int = 0
    repeated: int = 0
    dead: int = 0
    dropped: int = 0
    orders_passed: int = 0
    orders_not_taken: int = 0
    connected: bool = False
    trouble: str = ""
    delivered_ms: int = 0


def counting(pass_on: PassOn, counters: ForwardCounters) -> PassOn:
    """The same, counted."""

    async def counted(raw: bytes) -> bytes:
        taken = False
        try:
            answer = await pass_on(raw)
            taken = True
            return answer
        except NotTaken as error:
            log.warning("order not passed on", extra={"reason": str(error)})
            raise
        finally:
            counters.orders_passed += taken
            counters.orders_not_taken += not taken

    return counted


def opener(
    settings: ForwardSettings,
    senders: Mapping[str, Callable[[float], Sender]],
    pass_on: PassOn | None = None,
) -> Opener:
    """How lines to ``to`` are opened, each with a sender of its own; raises ConfigError."""
    url = urlsplit(settings.to)
    if url.scheme == "file":
        return lambda _: folder(Path(unquote(url.path)))
    make, host, port = senders.get(url.scheme), url.hostname, url.port
    if make is None or not host or not port:
        raise ConfigError(f"forward {settings.id}: what this device sends cannot go to {url.scheme}://")
    tls = trusting(settings.ca_file) if url.scheme.endswith("s") else None
    return lambda dropped: dialled(host, port, tls, make(settings.answer_seconds), dropped, pass_on)
