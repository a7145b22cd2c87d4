"""Peers of feeds on sockets of their own: a FHIR server that keeps what was put, an MLLP receiver."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Served:
    """Requests with bodies over HTTP/1.1, each answered by ``answer_to``."""

    port: int = 0
    heads: list[str] = field(default_factory=list)

    def answer_to(self, body: bytes) -> tuple[int, bytes]:
        raise NotImplementedError

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                self.heads.append(head.decode())
                length = next(
                    int(x[15:]) for x in head.split(b"\r\n") if x.lower()[:15] == b"content-length:"
                )
                status, answer = self.answer_to(await reader.readexactly(length))
                writer.write(b"HTTP/1.1 %d x\r\ncontent-length: %d\r\n\r\n" % (status, len(answer)) + answer)
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()


@dataclass
class FhirServer(Served):
    """Takes transactions of PUTs as R4 says (http.html#trules): all or nothing, by type and id."""

    answer: int = 200
    kept: dict[str, dict[str, Any]] = field(default_factory=dict)
    transactions: int = 0

    def answer_to(self, body: bytes) -> tuple[int, bytes]:
        if self.answer == 200:
            self._take(json.loads(body))
        return self.answer, b"{}"

    def _take(self, bundle: dict[str, Any]) -> None:
        self.transactions += 1
        for entry in bundle["entry"]:
            assert entry["request"]["method"] == "PUT"
            self.kept[entry["request"]["url"]] = entry["resource"]


@dataclass
class Receiver:
    """Answers each message with ``code``, and keeps it by its control id."""

    port: int = 0
    code: str = "AA"
    kept: dict[str, str] = field(default_factory=dict)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while block := await reader.readuntil(b"\x1c\r"):
                message = block[1:-2].decode()
                control = message.split("\r")[0].split("|")[9]
                self.kept[control] = message
                answer = (
                    f"MSH|^~\\&|LIS|CDC|||20210726||ACK^R01|{control}A|P|2.5.1\rMSA|{self.code}|{control}\r"
                )
                writer.write(b"\x0b" + answer.encode() + b"\x1c\r")
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()


@asynccontextmanager
async def running(peer: Served | Receiver) -> AsyncIterator[None]:
    server = await asyncio.start_server(peer.serve, "127.0.0.1", peer.port)
    peer.port = server.sockets[0].getsockname()[1]
    try:
        yield
    finally:
        server.close()
