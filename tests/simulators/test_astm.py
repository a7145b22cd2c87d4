"""GeneXperts that have every fault of an ASTM line, against an installation: the truth is what is stored."""

import asyncio
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.fire.installation import Installation
from tests.fire.patience import until_told

MESSAGES = 12
ANALYZERS = 2


def truth_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def told(record: dict[str, Any]) -> tuple[Any, ...]:
    return (record["specimen"], record["test"], record["call"], record["control"], tuple(record["ct"]))


def stored(installation: Installation) -> Counter[tuple[Any, ...]]:
    bodies = installation.database.rows("SELECT body FROM event WHERE type = 'lab.result.v1'")
    found: Counter[tuple[Any, ...]] = Counter()
    for (body,) in bodies:
        data = json.loads(body)["data"]
        ct = tuple(target["ct"] for target in data.get("targets", ()) if target.get("ct"))
        control = data.get("control", False)
        found[data["specimen"], data["test"]["code"], data["call"], control, ct] += 1
    return found


def installation_with_astm(folder: Path) -> Installation:
    """Its one device is a GeneXpert on an ASTM port."""
    installation = Installation.make(folder, "one machine")
    text = installation.config.read_text("utf-8")
    text = text.replace('kind = "hl7_mllp"', 'kind = "astm_tcp"').replace('"generic"', '"genexpert"')
    installation.config.write_text(text, "utf-8")
    return installation


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_the_truth_is_stored_once_whatever_the_line_does(tmp_path: Path) -> None:
    installation, truth = installation_with_astm(tmp_path), tmp_path / "truth.jsonl"
    try:
        await installation.start()
        simulator = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "simulators", "lab", "--astm", f"127.0.0.1:{installation.mllp_port}",
            "--analyzers", str(ANALYZERS), "--count", str(MESSAGES), "--rate", "0", "--faults", "0.3",
            "--seed", "7", "--truth", str(truth), stdout=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        async with asyncio.timeout(60):
            assert await simulator.wait() == 0
        expected = Counter(map(told, truth_of(truth)))
        assert all(record["acked"] for record in truth_of(truth))
        assert expected.total() == ANALYZERS * MESSAGES

        async def all_there() -> bool:
            return stored(installation).total() >= expected.total()

        await until_told(all_there, "all results are stored")
        assert stored(installation) == expected
    finally:
        await installation.end()
