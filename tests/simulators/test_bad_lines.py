"""Simulated machines on lines that have every fault, against the real adapters: all arrives as meant."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from adapters.lab_analyzers.file_drop import FileDrop, FileDropConfig
from adapters.lab_analyzers.hl7_mllp import Hl7Mllp, Hl7MllpConfig
from hub.contract import Adapter
from hub.payloads import LabResult
from simulators.lab.analyzer import Run, RunSource, Sender, build
from simulators.lab.faults import ON_FILES, ON_MLLP, Fault, FaultPlan, Faults
from simulators.lab.file_sender import FileSender
from simulators.lab.fleet import fleet
from simulators.lab.mllp_client import MllpSender, RetryPolicy
from simulators.lab.truth_records import told
from simulators.province import AnalyzerPlan, Link
from tests.background import background
from tests.conformance.memory_outlet import MemoryOutlet
from tests.ports import free_port
from tests.simulators.comparable_results import Key, Said, of_result, of_truth

AT = datetime(2026, 8, 12, 10, tzinfo=UTC)
QUICK = RetryPolicy(ack_seconds=0.4, first_pause_seconds=0.001, longest_pause_seconds=0.02)
OFTEN = 0.5
PATIENCE_SECONDS = 30


def machine(link: Link, message: str, runs: int) -> tuple[AnalyzerPlan, list[Run]]:
    plan = next(plan for plan in fleet(20, {link}) if plan.message == message)
    return plan, [run for run, _ in zip(RunSource(plan, 5).runs(), range(runs), strict=False)]


@asynccontextmanager
async def running(adapter: Adapter[Any]) -> AsyncIterator[None]:
    async with asyncio.timeout(PATIENCE_SECONDS), background(adapter.run()):
        yield


async def deliver(plan: AnalyzerPlan, runs: list[Run], sender: Sender) -> None:
    for run in runs:
        assert await sender.send(run.control_id, build(plan, run, AT)) == "accepted"
    await sender.close()


def check(plan: AnalyzerPlan, runs: list[Run], outlet: MemoryOutlet) -> None:
    expected: dict[Key, Said] = dict(
        of_truth({"device": plan.id, **each})
        for run in runs
        for outcome in run.outcomes
        for each in told(plan, outcome)
    )
    payloads = [fact.payload for fact in outlet.facts if isinstance(fact.payload, LabResult)]
    said = [of_result(plan.id, msgspec.to_builtins(payload)) for payload in payloads]
    assert dict(said) == expected
    assert all(each == (each[0], expected[each[0]]) for each in said)


def of_one(fault: Fault) -> Faults:
    plan = FaultPlan.model_validate({fault: OFTEN, "delay_seconds": 0.01})
    return Faults(plan, random.Random(f"{fault}"))


@pytest.mark.parametrize("message", ["oru", "cobas-6800"])
@pytest.mark.parametrize("fault", ON_MLLP)
async def test_over_mllp(fault: Fault, message: str) -> None:
    plan, runs = machine("mllp", message, 6)
    outlet, port, faults = MemoryOutlet(), free_port(), of_one(fault)
    settings = {"id": plan.id, "site": "bv", "kind": "hl7_mllp", "port": port, "profile": plan.profile}
    async with running(Hl7Mllp(Hl7MllpConfig.model_validate(settings), outlet)):
        await deliver(plan, runs, MllpSender("127.0.0.1", port, QUICK, random.Random(1), faults=faults))
    assert faults.injected[fault] > 0
    check(plan, runs, outlet)


@pytest.mark.parametrize("fault", ON_FILES)
async def test_by_files(fault: Fault, tmp_path: Path) -> None:
    plan, runs = machine("file", "quantstudio", 4)
    outlet, faults = MemoryOutlet(), of_one(fault)
    settings = {
        "id": plan.id, "site": "bv", "kind": "file_drop", "folder": tmp_path, "profile": plan.profile,
        "stable_seconds": 0, "look_seconds": 0.01,
    }  # fmt: skip
    async with running(FileDrop(FileDropConfig.model_validate(settings), outlet)):
        await deliver(plan, runs, FileSender(tmp_path, QUICK, random.Random(1), faults=faults))
    assert faults.injected[fault] > 0
    check(plan, runs, outlet)
    rejected = list((tmp_path / "rejected").glob("*")) if (tmp_path / "rejected").exists() else []
    assert bool(rejected) == (fault == "corrupt")
