"""Machines that have every fault of an ASTM line, against an installation: the truth is what is stored."""

import asyncio
import json
import sys
from collections import Counter
from pathlib import Path

import pytest

from simulators.lab.fleet import Lines, devices_toml, fleet, sites_toml
from tests.fire.installation import Installation
from tests.fire.patience import until_told
from tests.simulators.comparable_results import Key, Said, lines, of_result, of_truth

MESSAGES = 3
# Whoever hangs up or begins anew has to send all of its run again: a hundred frames where it is an m2000's.
PLAN = """
split = 0.03
delay = 0.02
truncate = 0.03
corrupt = 0.05
wrong_checksum = 0.05
swallowed_ack = 0.05
resent = 0.05
cut = 0.004
restart = 0.004
delay_seconds = 0.05
"""
ANALYZERS = 2


def stored(installation: Installation) -> Counter[tuple[Key, Said]]:
    bodies = installation.database.rows("SELECT body FROM event WHERE type = 'lab.result.v1'")
    events = [json.loads(body) for (body,) in bodies]
    return Counter(of_result(event["source"].rpartition("/")[2], event["data"]) for event in events)


def installation_with(folder: Path) -> Installation:
    """Its devices are two machines on an ASTM port."""
    installation = Installation.make(folder, "one machine")
    plans, lines = fleet(ANALYZERS, {"astm"}), Lines(astm=("127.0.0.1", installation.mllp_port))
    head, _, _ = installation.config.read_text("utf-8").partition("[[site]]")
    installation.config.write_text(head + sites_toml(plans) + devices_toml(plans, lines), "utf-8")
    return installation


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_the_truth_is_stored_once_whatever_the_line_does(tmp_path: Path) -> None:
    installation, truth = installation_with(tmp_path), tmp_path / "truth.jsonl"
    try:
        (tmp_path / "plan.toml").write_text(PLAN, "utf-8")
        await installation.start()
        simulator = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "simulators", "lab", "--astm", f"127.0.0.1:{installation.mllp_port}",
            "--analyzers", str(ANALYZERS), "--count", str(MESSAGES), "--rate", "0",
            "--faults", str(tmp_path / "plan.toml"), "--seed", "7", "--truth", str(truth),
            "--while-stdin-open", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        async with asyncio.timeout(60):
            assert await simulator.wait() == 0
        expected = Counter(map(of_truth, lines(truth)))
        answers = [record["verdict"] for record in lines(truth, "answer")]
        assert answers == ["accepted"] * (ANALYZERS * MESSAGES)
        (counts,) = lines(truth, "counts")
        assert sum(counts["faults"].values()) > MESSAGES

        async def all_there() -> bool:
            return stored(installation).total() >= expected.total()

        await until_told(all_there, "all results are stored")
        assert stored(installation) == expected
    finally:
        await installation.end()
