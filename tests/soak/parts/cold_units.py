"""Simulated fridges in a process of their own, against an installation that knows them all."""

import asyncio
import json
import os
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from paho.mqtt import publish

from simulators.cold_chain.unit_plan import IN_FILES, Lines, fleet
from simulators.cold_chain.unit_settings import PASSWORD_ENV, USER, units_toml
from tests.fire.installation import Installation
from tests.fire.patience import until_told

PASSWORD = "sensors-of-a-test"
FIRST = "tu-0001"  # talks over Zigbee2MQTT
KNOWN_SECONDS = 30.0
LOG_TAIL_CHARACTERS = 2000


@dataclass(frozen=True)
class World:
    """``days`` that end now; a reading every ``every_minutes``."""

    units: int
    sites: int
    days: float
    every_minutes: float = 10.0
    scenario: str = "mixed"
    seed: int = 1


@dataclass
class ColdUnits:
    """``truth``: the file that the simulators write; ``begins``: when their world does, in Unix seconds."""

    installation: Installation
    world: World
    truth: Path
    process: Process
    begins: float
    _read: int = 0
    _until: dict[str, float] = field(default_factory=dict)

    @property
    def ended(self) -> bool:
        return self.process.returncode is not None

    def lived(self) -> float:
        """Which share of its days a unit has lived on the average, as far as the truth tells."""
        with self.truth.open("rb") as file:
            file.seek(self._read)
            data = file.read()
        whole = data[: data.rfind(b"\n") + 1]
        self._read += len(whole)
        for line in whole.splitlines():
            if line.startswith(b'{"kind": "until"'):
                record = json.loads(line)
                self._until[record["device"]] = datetime.fromisoformat(record["until"]).timestamp()
        seconds = sum(until - self.begins for until in self._until.values())
        return seconds / (self.world.units * self.world.days * 86_400)

    def last_words(self) -> str:
        """Of both sides."""
        words = (self.truth.parent / "simulators.log").read_text("utf-8")[-LOG_TAIL_CHARACTERS:]
        return f"{words}\n{self.installation.last_words('up')}"


@asynccontextmanager
async def cold_units(installation: Installation, world: World) -> AsyncIterator[ColdUnits]:
    """The installation is started with these units; both are ended behind it."""
    folder = installation.folder
    url = f"http://127.0.0.1:{installation.api_port}"
    lines = Lines(("127.0.0.1", installation.bus_port), url, folder / "loggers")
    _configure(installation, world, lines)
    await installation.start()
    await asyncio.to_thread(_tell_online, installation)
    await until_told(lambda: _known(url), "the hub hears the first unit", KNOWN_SECONDS)
    begins = time.time() - world.days * 86_400
    process = await _simulate(folder, lines, world)
    try:
        yield ColdUnits(installation, world, folder / "truth.jsonl", process, begins)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        await installation.end()


def _configure(installation: Installation, world: World, lines: Lines) -> None:
    installation.listeners.clear()
    plans = fleet(world.units, world.sites, lines.talkers, world.every_minutes)
    password = installation.folder / "sensors.password"
    password.touch(mode=0o600)
    password.write_text(PASSWORD, "ascii")
    settings = units_toml(plans, lines).replace(f'env = "{PASSWORD_ENV}"', f'file = "{password.name}"')
    head, _, _ = installation.config.read_text("utf-8").partition("[[site]]")
    installation.config.write_text(head + settings, "utf-8")
    for plan in plans:
        if plan.talker in IN_FILES:
            lines.folder_of(plan).mkdir(parents=True)


async def _known(url: str) -> bool:
    """Whether the first unit is online: the hub has its session, and the broker keeps what all send."""
    async with httpx.AsyncClient() as client:
        try:
            answer = await client.get(f"{url}/api/v1/devices?limit=1000")
        except httpx.TransportError:
            return False
    items: list[dict[str, Any]] = answer.json()["items"] if answer.status_code == httpx.codes.OK else []
    return any(item["state"] == "ONLINE" and item["device"] == FIRST for item in items)


def _tell_online(installation: Installation) -> None:
    """As its bridge does, kept by the broker: a session that begins later hears it too."""
    publish.single(
        f"zigbee2mqtt/{FIRST}/availability",
        json.dumps({"state": "online"}),
        qos=1,
        retain=True,
        hostname="127.0.0.1",
        port=installation.bus_port,
        client_id="bridge-of-a-test",
        auth={"username": USER, "password": PASSWORD},
    )


async def _simulate(folder: Path, lines: Lines, world: World) -> Process:
    assert lines.mqtt
    named: dict[str, object] = {
        "--port": lines.mqtt[1], "--user": USER, "--password-env": PASSWORD_ENV, "--url": lines.url,
        "--folder": lines.folder, "--units": world.units, "--sites": world.sites,
        "--every-minutes": world.every_minutes, "--scenario": world.scenario, "--seed": world.seed,
        "--start": f"{world.days:g}d", "--duration": f"{world.days:g}d", "--truth": folder / "truth.jsonl",
    }  # fmt: skip
    arguments = [str(part) for pair in named.items() for part in pair]
    (folder / "truth.jsonl").touch()
    with (folder / "simulators.log").open("wb") as log:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "simulators",
            "cold-chain",
            "--while-stdin-open",
            *arguments,
            stdin=PIPE,
            stdout=log,
            stderr=log,
            env=os.environ | {PASSWORD_ENV: PASSWORD},
        )
