"""A serial line whose cable is pulled and put back: a pair of pseudo terminals that socat holds."""

import asyncio
import random
from asyncio import StreamReader, StreamWriter
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import cast

import pytest

from adapters.lab_analyzers.astm_serial import AstmSerial, AstmSerialConfig
from hub.contract import Order
from hub.errors import DeviceUnavailable
from hub.payloads import LabResult
from hub.streams import SerialEndpoint, open_serial
from simulators.lab.analyzer import RunSource
from simulators.lab.astm_records import genexpert_records
from simulators.lab.astm_sender import AstmSender, open_line
from simulators.lab.faults import FaultPlan, Faults
from simulators.lab.mllp_client import RetryPolicy
from simulators.province import load_province
from tests.background import background
from tests.cable import HAS_SOCAT, cable, hub_end
from tests.conformance.memory_outlet import MemoryOutlet
from tests.lab_analyzers.astm.device import ACK, ENQ, EOT, PATIENCE_SECONDS, Device, frames, records
from tests.lab_analyzers.astm.laboratory import UNASKED

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not HAS_SOCAT, reason="socat is not installed"),
]

AT = datetime(2026, 8, 12, 10, tzinfo=UTC)


def serial_adapter(outlet: MemoryOutlet, path: str, **changed: str) -> AstmSerial:
    settings = {"id": "x", "site": "bv", "kind": "astm_serial", "path": path, "profile": "genexpert"}
    return AstmSerial(AstmSerialConfig.model_validate(settings | changed), outlet)


async def plugged(path: str) -> Device:
    """The analyzer's end; it asks until somebody answers, as analyzers do."""
    connection = await open_serial(SerialEndpoint(path))
    device = Device(cast(StreamReader, connection.reader), cast(StreamWriter, connection.writer))
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            device.writer.write(ENQ)
            with suppress(TimeoutError):
                async with asyncio.timeout(0.2):
                    assert await device.reader.readexactly(1) == ACK
                    return device


async def test_a_simulated_analyzer_on_a_bad_cable(tmp_path: Path) -> None:
    """Every fault of the line, frame by frame: each result is there, and as it was meant."""
    outlet = MemoryOutlet()
    plan = next(plan for plan in load_province().analyzers if plan.profile == "genexpert")
    runs = [run for run, _ in zip(RunSource(plan, 5).runs(), range(6), strict=False)]
    async with cable(tmp_path) as ends:
        sender = AstmSender(
            ends[0],
            partial(open_line, ends[0]),
            Faults(FaultPlan.even(0.4), random.Random(5)),
            RetryPolicy(ack_seconds=0.5, first_pause_seconds=0.01, longest_pause_seconds=0.05),
        )
        async with asyncio.timeout(60), background(serial_adapter(outlet, ends[1]).run()):
            for run in runs:
                message = genexpert_records(plan, run.control_id, AT, run.outcomes[0])
                assert await sender.send(run.control_id, message) == "accepted"
            await sender.close()
    found = {fact.key: fact.payload for fact in outlet.facts}
    results = [result for result in found.values() if isinstance(result, LabResult)]
    assert [(result.specimen, result.call) for result in results] == [
        (run.outcomes[0].specimen, run.outcomes[0].call) for run in runs
    ]


async def test_orders_go_out_by_the_cable_asked_for_and_unasked(tmp_path: Path) -> None:
    outlet = MemoryOutlet()
    async with cable(tmp_path) as ends, background(serial_adapter(outlet, ends[1], **UNASKED).run()):
        device = await plugged(ends[0])
        device.writer.write(EOT)
        outlet.place(Order("o-1", "DN-7", ("COV2",)))
        assert b"|DN-7||^^^^COV2|R|" in await device.receive()
        query = [b"H|@^\\|M2||LAB^GeneXpert^6.4\r", b"Q|1|^^DN-7||||||||||O@N\r", b"L|1|N\r"]
        assert await device.deliver(query) == ACK * 4
        assert (await device.receive()).endswith(b"Q\rL|1|F\r")
        device.writer.close()
    assert [order.order for order in outlet.handed] == ["o-1"]


async def test_a_cable_that_is_pulled_and_put_back(tmp_path: Path) -> None:
    outlet = MemoryOutlet()
    adapter = serial_adapter(outlet, str(hub_end(tmp_path)))
    with pytest.raises(DeviceUnavailable, match="cannot be opened"):
        await adapter.run()

    async with cable(tmp_path) as ends:
        running = asyncio.create_task(adapter.run())
        device = await plugged(ends[0])
        for each in frames(records())[:3]:
            assert await device.say(each) == ACK
    async with asyncio.timeout(PATIENCE_SECONDS):
        with pytest.raises(DeviceUnavailable, match="is gone"):
            await running
    device.writer.close()
    assert [kept.reason for kept in outlet.quarantined] == ["astm.line_closed"]
    assert not outlet.facts

    async with cable(tmp_path) as ends, background(adapter.run()):
        device = await plugged(ends[0])
        assert await device.deliver(records()) == ACK * 8
        device.writer.close()
    assert len(outlet.facts) == 1
    assert outlet.states == [("ONLINE", "")]
