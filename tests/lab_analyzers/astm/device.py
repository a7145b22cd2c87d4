"""An analyzer on an ASTM line for the tests: it waits for each answer, and shares no code with the link."""

import asyncio
from collections.abc import Sequence
from typing import Any

from adapters.lab_analyzers.astm_tcp import AstmTcp, AstmTcpConfig
from hub.contract import Outlet
from tests.ports import free_port

ENQ, ACK, NAK, EOT, STX, ETX, ETB = b"\x05", b"\x06", b"\x15", b"\x04", b"\x02", b"\x03", b"\x17"
PATIENCE_SECONDS = 10
SPECIMEN = "DN0812-0007"


RUN = "PC^800001^600002^470003^00511^20270131"  # computer, instrument, module, cartridge, lot, expiry


def records(
    specimen: str = SPECIMEN, word: str = "NEGATIVE", ct: str = "0.0", cartridge: str = "470003"
) -> list[bytes]:
    """The records of one cartridge, each with its CR."""
    run = RUN.replace("470003", cartridge)
    main = f"|{word}^|||||F||KTV|20260812093000|20260812101500|{run}"
    lines = (
        "H|@^\\|M1||LAB^GeneXpert^6.4|||||HUB||P|1394-97|20260812101530",
        "P|1||HN-771",
        f"O|1|{specimen}||^^^COV|R|20260812093000|||||||||ORH||||||||||F",
        f"R|1|^COV^^COV2^Xpress CoV-2^1^SARS-CoV-2^{main}",
        f"R|2|^COV^^COV2^^^SARS-CoV-2^|{word[:3]}^|||",
        f"R|3|^COV^^COV2^^^SARS-CoV-2^Ct|^{ct}|||",
        "L|1|N",
    )
    return [line.encode() + b"\r" for line in lines]


def frame(number: int, text: bytes, end: bytes = ETX) -> bytes:
    """One frame as E1381 has it."""
    covered = b"%d" % (number % 8) + text + end
    return STX + covered + b"%02X\r\n" % (sum(covered) % 256)


def frames(texts: Sequence[bytes]) -> list[bytes]:
    return [frame(at, text) for at, text in enumerate(texts, 1)]


def session(texts: Sequence[bytes]) -> bytes:
    return ENQ + b"".join(frames(texts)) + EOT


def expected_answers(stream: bytes) -> int:
    """How many answers a receiver owes to a stream whose frames are all whole."""
    return stream.count(ENQ) + stream.count(STX)


def config(**settings: Any) -> AstmTcpConfig:
    return AstmTcpConfig.model_validate(
        {"id": "xpert-1", "site": "bv", "kind": "astm_tcp", "port": free_port(), "profile": "genexpert"}
        | settings
    )


def adapter(outlet: Outlet, **settings: Any) -> AstmTcp:
    return AstmTcp(config(**settings), outlet)


async def connect(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Dial the adapter under test, which may be about to listen."""
    while True:
        try:
            return await asyncio.open_connection("127.0.0.1", port)
        except ConnectionRefusedError:
            await asyncio.sleep(0)


class Device:
    """One connection of an analyzer; ``say`` gives the one byte of the answer."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def dial(cls, port: int) -> "Device":
        return cls(*await connect(port))

    async def say(self, data: bytes) -> bytes:
        self.writer.write(data)
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self.reader.readexactly(1)

    async def deliver(self, texts: Sequence[bytes]) -> bytes:
        """A session, frame by frame; the answers."""
        answers = await self.say(ENQ)
        for each in frames(texts):
            answers += await self.say(each)
        self.writer.write(EOT)
        return answers

    async def receive(self, *, answers: Sequence[bytes] = ()) -> bytes:
        """A session of the other side: its text, each frame checked; ``answers``: said first, then ACK."""
        said, text, number = list(answers), b"", 1
        async with asyncio.timeout(PATIENCE_SECONDS):
            assert await self.reader.readexactly(1) == ENQ
            self._answer(said)
            while (mark := await self.reader.readexactly(1)) == STX:
                raw = mark + await self.reader.readuntil(b"\r\n")
                assert raw == frame(number, raw[2:-5], raw[-5:-4])
                if self._answer(said) == ACK:
                    text, number = text + raw[2:-5], number + 1
            assert mark == EOT
        return text

    def _answer(self, said: list[bytes]) -> bytes:
        answer = said.pop(0) if said else ACK
        self.writer.write(answer)
        return answer

    async def hang_up(self) -> bytes:
        """Close our direction; what the other one still had to say until it closed too."""
        self.writer.write_eof()
        async with asyncio.timeout(PATIENCE_SECONDS):
            rest = await self.reader.read()
        self.writer.close()
        return rest
