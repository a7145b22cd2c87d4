"""``astm_tcp`` and ``astm_serial`` under the conformance suite of adapters, over TCP and pseudo terminals."""

import asyncio
import os
import termios
import tty
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import pytest

from adapters.lab_analyzers.astm_serial import AstmSerial, AstmSerialConfig
from hub.contract import Adapter
from tests.conformance.adapter_contract import AdapterContract, SomebodyListens
from tests.conformance.memory_outlet import MemoryOutlet
from tests.lab_analyzers.astm.device import (
    ACK,
    ENQ,
    EOT,
    NAK,
    Device,
    adapter,
    expected_answers,
    records,
    session,
)


class AstmContract(AdapterContract):
    good_raw = b"".join(records())
    good = session(records())
    garbage_raw = b"\xff no message at all"
    garbage = garbage_raw + ENQ + EOT

    def is_positive(self, answer: bytes) -> bool:
        return answer.count(ACK) == expected_answers(self.good) and NAK not in answer


class TestAstmTcp(SomebodyListens, AstmContract, AdapterContract):
    def make_adapter(self, outlet: MemoryOutlet) -> Adapter[Any]:
        return adapter(outlet)

    def make_unavailable_adapter(self, outlet: MemoryOutlet) -> Adapter[Any]:
        return adapter(outlet, port=self.taken_port)

    async def deliver(self, adapter: Adapter[Any], chunks: Sequence[bytes]) -> bytes:
        device = await Device.dial(adapter.config.port)
        for chunk in chunks:
            device.writer.write(chunk)
            await device.writer.drain()
            await asyncio.sleep(0)  # so that short chunks arrive one by one
        return await device.hang_up()


class TestAstmSerial(AstmContract, AdapterContract):
    @pytest.fixture(autouse=True)
    def terminals(self) -> Iterator[None]:
        self.ends: dict[str, tuple[int, int]] = {}
        yield
        for pair in self.ends.values():
            for end in pair:
                with suppress(OSError):
                    os.close(end)

    def make_adapter(self, outlet: MemoryOutlet) -> Adapter[Any]:
        device, ours = os.openpty()
        tty.setraw(ours)
        path = os.ttyname(ours)
        self.ends[path] = (device, ours)
        return serial_adapter(outlet, path)

    def make_unavailable_adapter(self, outlet: MemoryOutlet) -> Adapter[Any]:
        return serial_adapter(outlet, "/dev/epihub-no-such-line")

    async def deliver(self, adapter: Adapter[Any], chunks: Sequence[bytes]) -> bytes:
        device, ours = self.ends[adapter.config.path]
        await self._set_up(ours)
        answers = b""
        for chunk in chunks:
            os.write(device, chunk)
            await asyncio.sleep(0)
        os.set_blocking(device, False)
        while len(answers) < expected_answers(b"".join(chunks)):
            with suppress(BlockingIOError):
                answers += os.read(device, 64)
            await asyncio.sleep(0)
        return answers

    async def _set_up(self, ours: int) -> None:
        """What comes before the port is set up is flushed by that."""
        while True:
            if termios.tcgetattr(ours)[tty.OSPEED] == termios.B9600:
                return
            await asyncio.sleep(0)


def serial_adapter(outlet: MemoryOutlet, path: str) -> AstmSerial:
    settings = {"id": "xpert-2", "site": "bv", "kind": "astm_serial", "path": path, "profile": "genexpert"}
    return AstmSerial(AstmSerialConfig.model_validate(settings), outlet)
