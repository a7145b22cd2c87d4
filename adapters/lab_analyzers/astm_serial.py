"""The ``astm_serial`` adapter: analyzers that speak ASTM E1381/E1394 over RS-232 or USB."""

import asyncio
from collections.abc import Callable, Mapping
from functools import cached_property, partial
from typing import Literal, Self

from pydantic import Field, model_validator

from adapters.lab_analyzers.astm.results import AstmReader
from adapters.lab_analyzers.astm_device import AstmLink, check_orders, interpreted, reader_of, written_at
from adapters.lab_analyzers.astm_downloads import Downloads
from adapters.lab_analyzers.astm_line import AstmLine, Desk, keep_unfinished
from adapters.lab_analyzers.astm_orders import OrderDesk
from adapters.lab_analyzers.astm_sender import AstmSender
from adapters.lab_analyzers.astm_unframed import serve_unframed
from adapters.lab_analyzers.presence_watch import Presence
from adapters.lab_analyzers.profiles import load_anew
from adapters.lab_analyzers.settings import OrderingConfig
from hub.contract import Adapter, Frame, Interpretation, Sender
from hub.errors import DeviceUnavailable
from hub.streams import Connection, SerialEndpoint, now_ms, open_serial


class AstmSerialConfig(OrderingConfig):
    """An analyzer that sends ASTM records over a serial line."""

    kind: Literal["astm_serial"]
    path: str = Field(
        pattern=r"^/\S+$",
        description="The line, best by its id: /dev/serial/by-id/…; ttyUSB numbers change with every plug.",
    )
    baud: Literal[300, 600, 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200] = Field(
        default=9600, description="Bits a second."
    )
    bits: Literal[7, 8] = Field(default=8, description="Data bits.")
    parity: Literal["N", "E", "O"] = Field(default="N", description="None, even or odd.")
    stop_bits: Literal[1, 2] = Field(default=1, description="Stop bits.")
    flow: Literal["none", "rtscts", "xonxoff"] = Field(default="none", description="Flow control.")
    link: AstmLink = Field(default_factory=AstmLink, description="How it frames its messages.")

    @model_validator(mode="after")
    def _takes_orders_so(self) -> Self:
        check_orders(self, self.link)
        return self

    def endpoint(self) -> SerialEndpoint:
        return SerialEndpoint(self.path, self.baud, self.bits, self.parity, self.stop_bits, self.flow)


class AstmSerial(Adapter[AstmSerialConfig]):
    """One analyzer on a serial line of its own."""

    Config = AstmSerialConfig

    def label_patterns(self) -> tuple[str, str]:
        return self.config.label_patterns

    def known_tests(self) -> dict[str, str]:
        return self.config.known_tests

    async def run(self) -> None:
        """Until cancelled; raises DeviceUnavailable when the line cannot be had or is gone."""
        await keep_unfinished(self.outlet, attributed=True)
        connection = await open_serial(self.config.endpoint())
        try:
            async with asyncio.TaskGroup() as tasks:
                watching = tasks.create_task(self.presence.watch(), name=f"presence[{self.config.id}]")
                await self._serve(connection)
                watching.cancel()
        finally:
            await connection.close()
        raise DeviceUnavailable(f"{self.config.path}: the line is gone")

    @classmethod
    def senders(cls) -> Mapping[str, Callable[[float], Sender]]:
        return {"astm": AstmSender}

    @property
    def takes_passed_orders(self) -> bool:
        return self.config.orders == "download"

    async def pass_on(self, raw: bytes) -> bytes:
        return await self.order_desk.pass_on(raw)

    def read_rules_anew(self) -> None:
        load_anew(self.config.profile)
        vars(self).pop("_reader", None)

    def interpret(self, frame: Frame, received_ms: int) -> Interpretation:
        return interpreted(self._reader, frame, received_ms)

    async def _serve(self, connection: Connection) -> None:
        greeted = False

        async def take(frame: Frame) -> bytes:
            nonlocal greeted
            if not greeted:
                greeted = True
                self.outlet.health("ONLINE")
            self.presence.heard(partial(written_at, frame.raw))
            meaning = self.understand(frame, now_ms())
            await orders.note_refusals(frame)
            return await self.outlet.emit(*meaning.facts, frame=frame, problems=meaning.problems)

        orders = self.order_desk
        if self.config.link.framing == "none":
            return await serve_unframed(connection, self.config.link, take, self.outlet.quarantine)
        desk = Desk(self.outlet, take, self.outlet.quarantine, orders.answer)
        line = AstmLine(connection, self.config.link.policy(self.config.profile), desk)
        downloads = Downloads()
        downloads.begin(orders, line)
        try:
            await line.run()
        finally:
            await downloads.end(line)

    @cached_property
    def order_desk(self) -> OrderDesk:
        return OrderDesk(self.config, self.outlet)

    @cached_property
    def presence(self) -> Presence:
        """Its silence and its clock."""
        return Presence(self.config, self.outlet)

    @cached_property
    def _reader(self) -> AstmReader:
        return reader_of(self.config, self.outlet)
