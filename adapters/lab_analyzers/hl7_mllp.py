"""The ``hl7_mllp`` adapter: analyzers that send HL7 v2 results over MLLP, dialling us or dialled by us."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from typing import Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from adapters.lab_analyzers.analyzer import NetworkAnalyzer, NetworkConfig, fits
from adapters.lab_analyzers.charsets import declared_codec
from adapters.lab_analyzers.er7 import Header
from adapters.lab_analyzers.hl7_order_desk import OrderDesk
from adapters.lab_analyzers.hl7_orders import OrderWriter
from adapters.lab_analyzers.hl7_results import Reader
from adapters.lab_analyzers.hl7_sessions import Sessions
from adapters.lab_analyzers.mllp import FRAME_MAX_BYTES
from adapters.lab_analyzers.mllp_sender import MllpSender
from adapters.lab_analyzers.pictures import pictures
from adapters.lab_analyzers.profiles import Profile, load_anew, load_profile
from hub.contract import Frame, Interpretation, Picture, Sender
from hub.streams import TcpEndpoint, now_ms
from hub.streams.tcp import Session

_MAX_SENDER_CHARACTERS = 227  # HD, the type of MSH-3 and MSH-4


class Hl7MllpConfig(NetworkConfig):
    """An analyzer that sends HL7 v2 results over MLLP."""

    kind: Literal["hl7_mllp"]
    port: int = Field(
        default=2575, ge=1, le=65535, description="Port to listen on or to dial; devices may share one."
    )
    frame_max_bytes: int = Field(
        default=FRAME_MAX_BYTES, ge=1024, le=256 * 1024 * 1024, description="Longest message."
    )
    frame_seconds: float = Field(
        default=60, gt=0, le=3600, description="A message must be whole within this time."
    )
    orders_to: str = Field(
        default="",
        pattern=r"^(?:.{1,253}:[1-9][0-9]{0,4})?$",
        description="HOST:PORT where it takes orders, if not on the line that it speaks on; we dial it.",
    )

    @model_validator(mode="after")
    def _takes_orders_so(self) -> Self:
        if self.orders == "download" and not load_profile(self.profile).orders.unasked:
            raise ValueError(
                f'by HL7 the profile {self.profile} takes no orders unasked: orders = "query" or "none"'
            )
        if self.orders_to and int(self.orders_to.rpartition(":")[2]) > 65535:
            raise ValueError("orders_to: no such port")
        return self


class Hl7Mllp(NetworkAnalyzer[Hl7MllpConfig]):
    """One analyzer on an MLLP link."""

    Config = Hl7MllpConfig

    @classmethod
    def sessions(cls, members: Sequence[Self]) -> Session:
        return Sessions(members).serve

    def beside(self, tasks: asyncio.TaskGroup) -> None:
        """What sends its orders, and what watches it."""
        super().beside(tasks)
        config, name = self.config, self.config.id
        tasks.create_task(self.desk.watch(), name=f"orders[{name}]")
        if config.orders == "download":
            tasks.create_task(self.desk.download(), name=f"download[{name}]")
        if config.orders_to:
            host, _, port = config.orders_to.rpartition(":")
            dialling = self.desk.dial(TcpEndpoint(host, int(port)), Sessions([self], any_peer=True).serve)
            tasks.create_task(dialling, name=f"order-line[{name}]")

    @classmethod
    def senders(cls) -> Mapping[str, Callable[[float], Sender]]:
        sender = partial(MllpSender, now_ms=now_ms)
        return {"mllp": sender, "mllps": sender}

    @property
    def takes_passed_orders(self) -> bool:
        return self.config.orders == "download"

    async def pass_on(self, raw: bytes) -> bytes:
        return await self.desk.pass_on(raw)

    def read_rules_anew(self) -> None:
        load_anew(self.config.profile)
        vars(self).pop("_reader", None)

    def interpret(self, frame: Frame, received_ms: int) -> Interpretation:
        return self._reader.interpret(frame, received_ms)

    def pictures(self, frame: Frame) -> Sequence[Picture]:
        return pictures(frame.raw, self.config.charset or self.profile.charset)

    def fits_sender(self, header: Header) -> bool:
        """Whether MSH-3 and MSH-4 are this device's."""
        match = self.config.match
        return _fits(match.sender, header, 3) and _fits(match.facility, header, 4)

    @property
    def profile(self) -> Profile:
        return load_profile(self.config.profile)

    def codec_of(self, header: Header) -> str:
        """In which Python codec it can be written to; what it does not declare is ASCII."""
        codec = self.config.charset or self.profile.charset
        return codec or declared_codec(header.text(18)) or "ascii"

    @cached_property
    def desk(self) -> OrderDesk:
        """Its orders."""
        config = self.config
        return OrderDesk(
            self.outlet,
            OrderWriter(self.profile),
            ZoneInfo(config.timezone),
            now_ms,
            self.codec_of,
            own_line=bool(config.orders_to),
        )

    @cached_property
    def _reader(self) -> Reader:
        config = self.config
        return Reader(
            load_profile(config.profile),
            self.outlet.pseudonyms,
            config.site,
            ZoneInfo(config.timezone),
            config.charset,
        )


def _fits(pattern: str, header: Header, number: int) -> bool:
    if not pattern:
        return True
    whole = header.raw(number)[:_MAX_SENDER_CHARACTERS].decode("latin-1")
    return fits(pattern, whole.replace(header.delimiters.component, "^"), header.text(number))
