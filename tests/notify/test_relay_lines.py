"""How a relay is switched: Modbus slaves of pymodbus, the embedded broker, a serial cable."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.framer import FramerType
from pymodbus.server import ModbusSerialServer, ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from hub.broker.accounts import BusAccount
from hub.broker.server import EmbeddedBroker
from hub.mqtt.connection import BrokerAddress, Incoming, connect
from hub.notify.channels.relay_line import RelayFault, bytes_of, line_of
from hub.notify.settings import RelaySettings
from hub.streams import SerialEndpoint, open_serial
from hub.streams.modbus_frames import (
    ModbusFault,
    Question,
    confirmed,
    crc,
    input_state,
    is_late,
    length_of,
)
from tests.cable import HAS_SOCAT, cable, hub_end
from tests.fire.patience import until_told
from tests.ports import free_port
from tests.streams.lines import read_exactly, read_line

COIL, INPUT = 3, 5
WITH_SOCAT = pytest.mark.skipif(not HAS_SOCAT, reason="socat is not installed")


class Slave:
    """Coils and inputs 0 to 15 of unit 1; ``coils`` as they were written, ``pressed`` is the input."""

    def __init__(self) -> None:
        self.written: list[tuple[int, bool]] = []
        self.pressed = False

    def device(self) -> SimDevice:
        bits = [SimData(0, count=16, values=False, datatype=DataType.BITS)]
        words = [SimData(0, values=[0], datatype=DataType.REGISTERS)]
        return SimDevice(1, simdata=(bits, bits, words, words), action=self._asked)

    async def _asked(
        self, function: int, start: int, address: int, count: int, registers: list[int], values: Any
    ) -> None:
        if values is not None:
            self.written.append((address, bool(values[0])))
        elif function == 2:
            registers[0] = self.pressed << INPUT


@asynccontextmanager
async def on_tcp() -> AsyncIterator[tuple[Slave, int]]:
    made, port = Slave(), free_port()
    server = ModbusTcpServer([made.device()], framer=FramerType.SOCKET, address=("127.0.0.1", port))
    await server.serve_forever(background=True)
    try:
        yield made, port
    finally:
        await server.shutdown()  # type: ignore[no-untyped-call]


async def switched(relay: RelaySettings, slave: Slave) -> None:
    line = line_of(relay, "", 2)
    assert line.has_button

    async def answers() -> bool:
        try:
            return not await line.pressed()
        except RelayFault:
            return False

    await until_told(answers, "the slave has opened its line")
    await line.switch(True)
    await line.switch(True)
    assert await line.pressed() is False
    slave.pressed = True
    assert await line.pressed() is True
    await line.switch(False)
    assert slave.written == [(COIL, True), (COIL, True), (COIL, False)]
    await line.close()


async def test_a_coil_by_tcp() -> None:
    async with on_tcp() as (slave, port):
        relay = RelaySettings("modbus", host="127.0.0.1", port=port, coil=COIL, button_input=INPUT)
        await switched(relay, slave)


@pytest.mark.slow
@WITH_SOCAT
async def test_a_coil_on_a_serial_line(tmp_path: Path) -> None:
    slave = Slave()
    async with cable(tmp_path) as (far, _):
        server = ModbusSerialServer([slave.device()], framer=FramerType.RTU, port=far, baudrate=9600)
        serving = asyncio.create_task(server.serve_forever())
        try:
            relay = RelaySettings("modbus", path=str(hub_end(tmp_path)), coil=COIL, button_input=INPUT)
            await switched(relay, slave)
        finally:
            await server.shutdown()  # type: ignore[no-untyped-call]
            await serving


async def test_a_coil_that_is_not_there_and_nobody() -> None:
    async with on_tcp() as (_, port):
        line = line_of(RelaySettings("modbus", host="127.0.0.1", port=port, coil=99), "", 5)
        with pytest.raises(RelayFault, match=r"modbus\.exception_2"):
            await line.switch(True)
    with pytest.raises(RelayFault, match="no_answer"):
        await line.switch(True)


def test_frames_as_the_makers_write_them() -> None:
    """Waveshare's manual: relay 0 on, off, and on for 700 ms; reading is from the specification, 6.2."""
    assert Question("rtu", 1, 5, 0, 0xFF00).frame().hex() == "01050000ff008c3a"
    assert Question("rtu", 1, 5, 0, 0).frame().hex() == "010500000000cdca"
    assert Question("rtu", 1, 5, 0x200, 7).frame().hex() == "0105020000078db0"
    assert Question("tcp", 1, 2, 0xC4, 1, 9).frame().hex() == "000900000006010200c40001"


async def test_a_timer_of_the_relay_gets_tenths_of_a_second() -> None:
    asked = asyncio.Event()
    frames: list[bytes] = []

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        frames.append(await reader.readexactly(12))
        writer.write(frames[-1])
        asked.set()
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    relay = RelaySettings("modbus", host="127.0.0.1", port=port, timer_coil=512, pulse_seconds=10)
    await line_of(relay, "", 5).switch(True)
    assert frames[0][7:] == bytes.fromhex("0502000064")
    server.close()


@given(st.binary(max_size=300), st.sampled_from(["rtu", "tcp"]), st.sampled_from([2, 5]))
def test_any_reply_is_read_or_a_fault(reply: bytes, framing: Any, function: int) -> None:
    question = Question(framing, 1, function, 0, 1, 7)
    length_of(question, reply)
    is_late(question, reply)
    for read in (confirmed, input_state):
        with pytest.raises(ModbusFault):
            read(question, reply)


@given(st.integers(0, 255))
def test_a_reply_of_one_input(byte: int) -> None:
    question = Question("rtu", 1, 2, 0, 1)
    body = bytes([1, 2, 1, byte])
    assert length_of(question, body) == 6
    assert input_state(question, body + crc(body)) == bool(byte & 1)


NAME, PASSWORD = "siren", "of-the-test"
TOPIC, BUTTON = "cmnd/siren/POWER", "stat/siren/BUTTON"


@pytest.mark.slow
async def test_a_relay_at_a_broker(tmp_path: Path) -> None:
    """It is switched off by our last will when we vanish; a press that the broker kept is none."""
    port = free_port()
    account = BusAccount(NAME, PASSWORD, ("cmnd/#", "stat/#"), ("cmnd/#", "stat/#"))
    broker = EmbeddedBroker(tmp_path, "127.0.0.1", port, (account,), ack_wait_seconds=1)
    serving = asyncio.create_task(broker.run(), name="broker")
    await broker.ready.wait()
    heard: asyncio.Queue[bytes] = asyncio.Queue()

    def hear(messages: list[Incoming]) -> None:
        for message in messages:
            heard.put_nowait(message.payload)

    address = BrokerAddress("127.0.0.1", port, NAME, PASSWORD)
    device = await connect(address, "device", clean=True, on_messages=hear)
    await device.subscribe(TOPIC)
    await device.publish_one(BUTTON, b'{"Button1":"PRESSED"}', retain=True)
    relay = RelaySettings(
        "mqtt",
        broker=f"mqtt://127.0.0.1:{port}",
        username=NAME,
        password=PASSWORD,
        topic=TOPIC,
        button_topic=BUTTON,
        button_text="PRESSED",
    )
    line: Any = line_of(relay, "", 5)
    async with asyncio.timeout(60):
        await line.switch(True)
        assert await heard.get() == b"ON"
        assert await line.pressed() is False
        while not await line.pressed():
            await device.publish_one(BUTTON, b'{"Button1":"PRESSED"}')
        line._connection._end("killed")
        assert await heard.get() == b"OFF"
        await line.switch(True)
        assert await heard.get() == b"ON"
        await line.switch(False)
        assert await heard.get() == b"OFF"
        await line.close()
    wrong = RelaySettings("mqtt", broker=relay.broker, username=NAME, password="no", topic=TOPIC)
    with pytest.raises(RelayFault, match=r"mqtt\.refused"):
        await line_of(wrong, "", 5).switch(True)
    await device.close()
    serving.cancel()
    await asyncio.wait({serving})


@pytest.mark.slow
@WITH_SOCAT
async def test_a_card_on_a_serial_line(tmp_path: Path) -> None:
    async with cable(tmp_path) as (far, near):
        card = await open_serial(SerialEndpoint(far))
        relay = RelaySettings(
            "serial", path=near, on_text="hex:A00101A2", off_text="AT+O1=0", button_text="BUTTON"
        )
        line = line_of(relay, "", 5)
        async with asyncio.timeout(60):
            await line.switch(True)
            assert await read_exactly(card, 4) == bytes.fromhex("A00101A2")
            assert await line.pressed() is False
            card.writer.write(b"junk BUT")
            card.writer.write(b"TON\r\n")
            await until_told(line.pressed, "the button is heard")
            assert await line.pressed() is False
            await line.switch(False)
            assert await read_line(card) == b"AT+O1=0\r\n"
        await line.close()
        await card.close()
    with pytest.raises(RelayFault, match=r"relay\.unplugged"):
        await line.switch(True)


def test_bytes_and_words() -> None:
    assert bytes_of("hex:A0ff") == b"\xa0\xff"
    assert bytes_of("ON") == b"ON"
