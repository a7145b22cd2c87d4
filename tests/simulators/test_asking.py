"""Machines that ask before they measure, against an installation that is killed meanwhile."""

import asyncio
import json
import sys
import urllib.request
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from simulators.lab.fleet import Lines, devices_toml, fleet, sites_toml
from simulators.lab.host_query import orders_in_hl7, orders_in_records, taken
from simulators.lab.lis import Lis, Refused
from simulators.province import AnalyzerPlan
from tests.fire.installation import Installation
from tests.fire.patience import until
from tests.ports import free_ports
from tests.simulators.comparable_results import lines

RESULTS = 45


def fleet_of(installation: Installation) -> tuple[Sequence[AnalyzerPlan], Lines]:
    """Two of each that ask; the installation knows them."""
    found = Lines(("127.0.0.1", installation.mllp_port), ("127.0.0.1", free_ports(1)[0]))
    plans = fleet(3, found.links)
    head, _, _ = installation.config.read_text("utf-8").partition("[[site]]")
    installation.config.write_text(head + sites_toml(plans) + devices_toml(plans, found), "utf-8")
    return plans, found


async def simulators(installation: Installation, found: Lines, count: int, truth: Path) -> Any:
    assert found.mllp
    assert found.astm
    arguments = [
        "--port", found.mllp[1], "--astm", "{}:{}".format(*found.astm), "--analyzers", count, "--rate", 0,
        "--results", RESULTS, "--asking", 0.8, "--orders", f"http://127.0.0.1:{installation.api_port}",
        "--answer-seconds", 2, "--faults", 0.02, "--seed", 4, "--truth", truth,
    ]  # fmt: skip
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "simulators", "lab", "--while-stdin-open", *map(str, arguments),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip


def states(installation: Installation) -> dict[str, str]:
    url = f"http://127.0.0.1:{installation.api_port}/api/v1/orders?limit=1000"
    with urllib.request.urlopen(url, timeout=60) as answer:
        return {item["order"]: item["state"] for item in json.load(answer)["items"]}


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_what_was_ordered_is_told_measured_and_resulted(tmp_path: Path) -> None:
    installation, truth = Installation.make(tmp_path, "one machine"), tmp_path / "truth.jsonl"
    plans, found = fleet_of(installation)
    truth.touch()
    await installation.start()
    process = await simulators(installation, found, len(plans), truth)
    try:
        await until(lambda: len(list(lines(truth, "query"))) >= RESULTS // 5, "some have asked")
        await installation.kill("up")
        await installation.start("up")
        async with asyncio.timeout(60):
            assert await process.wait() == 0
        queries = list(lines(truth, "query"))
        assert {query["device"] for query in queries} == {plan.id for plan in plans}
        assert [query["told"] for query in queries] == [query["ordered"] for query in queries]
        assert 0 < sum(bool(query["ordered"]) for query in queries) < len(queries)
        final = {record["specimen"] for record in lines(truth) if record["status"] in {"F", "C"}}
        ordered = {f"A-{query['specimen']}" for query in queries if query["ordered"]}
        found_states = states(installation)
        assert found_states.keys() == ordered
        assert "RESULTED" in found_states.values()
        assert all(state == "RESULTED" for order, state in found_states.items() if order[2:] in final)
        assert not any(state == "RESULTED" for order, state in found_states.items() if order[2:] not in final)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await installation.end()


OML = "\r".join(
    [
        "MSH|^~\\&|LIS|BV|||1||OML^O33^OML_O33|O7|P|2.5.1",
        "SPM|1|S-1",
        "SAC|||S-1",
        "ORC|NW||||||||1",
        "TQ1|||||||||R",
        "OBR||A-1/1006||1006^HIV-1^99ABT",
        "",
    ]
)


def test_orders_of_an_oml_and_the_answer_that_takes_them() -> None:
    assert orders_in_hl7(OML) == [("A-1/1006", "1006")]
    answer = taken(OML, datetime(2026, 8, 1, tzinfo=UTC), 1).decode().split("\r")
    assert answer[1:] == ["MSA|AA|O7", "ORC|OK|A-1/1006|||SC", ""]


def test_an_oml_that_orders_nothing() -> None:
    assert orders_in_hl7(OML.replace("ORC|NW", "ORC|DC").partition("OBR")[0]) == []


def test_orders_in_the_delimiters_of_the_header() -> None:
    records = "H|@^\\|M1\rP|1\rO|1|S-1||^^^94500-6@^^^95941-1|R\rL|1|F\r"
    assert orders_in_records(records) == ["94500-6", "95941-1"]
    assert orders_in_records("H|@^\\|M1\rL|1|I\r") == []


async def test_an_order_that_the_hub_refuses_is_told() -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 422 No\r\nContent-Length: 8\r\nConnection: close\r\n\r\nspecimen")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    async with server:
        with pytest.raises(Refused, match="422: specimen"):
            await Lis(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}").place("1", "S", ["T"], "d")
