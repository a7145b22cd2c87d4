"""``oru``: results as ORU^R01 (HL7 v2.5.1) over MLLP, each until it is answered AA.

The sending side of MLLP is the laboratory family's own, found by its entry point: nobody imports an adapter.
"""

import asyncio
import logging
from contextlib import AsyncExitStack
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

import msgspec

from hub.contract import Sender
from hub.edge.courier import Line as CourierLine
from hub.edge.courier import dialled
from hub.errors import ConfigError, DeviceUnavailable
from hub.events import Event
from hub.feeds.contract import Answer, Feed, FeedSettings, Message, Opened, Told, Unsendable
from hub.feeds.standing import Results, StandingResult, for_others
from hub.hl7.oru_r01 import Outgoing, Parties, oru_r01
from hub.mqtt.tls import trusting
from hub.payloads import LabResult

CONTENT_TYPE = "application/hl7-v2; charset=utf-8"
DEFAULT_PORT = 2575
_ADAPTER, _SCHEME = "hl7_mllp", "mllp"
_OUTCOMES = {"DELIVERED": "taken", "AGAIN": "again", "REFUSED": "dead"}
log = logging.getLogger(__name__)


class OruOptions(msgspec.Struct, frozen=True):
    """``url``: mllp://host:port, or mllps:// with TLS; the rest is MSH-3 to MSH-6."""

    url: str
    hub: str
    sending_application: str = "EPIHUB"
    receiving_application: str = ""
    receiving_facility: str = ""
    timeout_seconds: float = 30.0
    ca_file: str = ""


class OruFeed(Feed):
    """One message for what stands of a result."""

    def __init__(self, settings: FeedSettings, options: OruOptions) -> None:
        super().__init__(settings)
        receiver = options.receiving_application, options.receiving_facility
        self._parties = Parties(options.sending_application, options.hub, *receiver)

    def wants_type(self, event_type: str) -> bool:
        return event_type == LabResult.TYPE and super().wants_type(event_type)

    def wants(self, event: Event) -> bool:
        return super().wants(event) and for_others(event)

    def order_of(self, event: Event) -> str:
        """A line has one message outstanding, and the receiver hears them in the log's order."""
        return ""

    def message(self, told: Told, found: Any = None) -> Message:
        if not isinstance(found, StandingResult):
            raise Unsendable("not_in_store")
        times = found.time, found.received
        made = Outgoing(found.event, found.fact, found.site, found.device, *times, found.lab, found.pool)
        return Message(told.event.id, oru_r01(made, self._parties), CONTENT_TYPE)


class OruLine:
    """One connection, made when there is something to send, kept while it answers."""

    def __init__(self, url: SplitResult, seconds: float, ca_file: str) -> None:
        self._url = url
        self._seconds = seconds
        self._ca_file = ca_file
        self._open = AsyncExitStack()
        self._line: CourierLine | None = None
        self._one = asyncio.Lock()

    async def send(self, message: Message) -> Answer:
        async with self._one:
            try:
                line = self._line or await self._dial()
                await line.ready()
                settled = await line.deliver(message.body, message.id)
            except DeviceUnavailable:
                await self.close()
                return Answer("again", "no_answer")
            if settled.hang_up:
                await self.close()
            return Answer(_OUTCOMES[settled.outcome], f"mllp.{settled.code}")  # type: ignore[arg-type]

    async def close(self) -> None:
        self._line = None
        await self._open.aclose()

    async def _dial(self) -> CourierLine:
        tls = (
            trusting(Path(self._ca_file) if self._ca_file else None) if self._url.scheme == "mllps" else None
        )
        host, port = self._url.hostname or "", self._url.port or DEFAULT_PORT
        opening = dialled(host, port, tls, _sender(self._seconds), _dropped)
        self._line = await self._open.enter_async_context(opening)
        return self._line


def _dropped(code: str) -> None:
    log.info("an answer that settles nothing", extra={"code": code})


def _sender(seconds: float) -> Sender:
    found = entry_points(group="epihub.adapters", name=_ADAPTER)
    for entry in found:
        return entry.load().senders()[_SCHEME](seconds)  # type: ignore[no-any-return]
    raise ConfigError("destination: the laboratory adapters are not installed")


def open_feed(settings: FeedSettings) -> Opened:
    options = msgspec.convert(settings.options, OruOptions)
    line = OruLine(urlsplit(options.url), options.timeout_seconds, options.ca_file)
    return Opened(OruFeed(settings, options), line, Results())
