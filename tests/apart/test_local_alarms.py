"""The drill: the line is cut, the fridge freezes, the edge wakes somebody; later there is one incident."""

import asyncio
import base64
import json
import re
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from hub.alarms.profiles import profiles_with
from hub.alarms.rule_list import rule_items, rules_of
from hub.runtime.edge_alarm_folder import EDGE_ALARMS
from hub.runtime.rules_kept import FILE
from tests.apart.halves import Apart, write_hub
from tests.apart.network import Loopback
from tests.apart.scene import Chaos, chaos_between
from tests.fire.database import SqliteDatabase
from tests.fire.installation import EPIHUB
from tests.fire.patience import until, until_told
from tests.notify.gateway import Gateway, gateway
from tests.notify.watched_fridge import DEVICE, FRIDGE, WEBHOOK, configure, person, told

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
SITE = "bv-edge-1"
QUICK = "quick.toml"
AT_EDGE = f"""\
[alarms]
local = true
apart_seconds = 1
{DEVICE}"""
AT_HUB = f"""\
[alarms]
profiles = ["{QUICK}"]
"""
NOTIFY = f"""\
[notify]
retry_seconds = 0.5
{WEBHOOK}{person("sms", "number")}"""
TOO_HIGH = 1.2  # K, which the probe of the fridge is said to read too high: by a calibration of the hub


@dataclass
class Drill:
    """An edge with a fridge and a gateway of its own, its hub with another gateway, and the cable between."""

    apart: Apart
    chaos: Chaos
    edge_gateway: Gateway
    hub_gateway: Gateway

    async def calibrate(self) -> None:
        """At the hub, which has to hear of the fridge first; the edge knows it when this returns."""

        async def entered() -> bool:
            answer = await self.apart.call(
                "hub",
                "calibrate",
                device=FRIDGE,
                metric="temp.vaccine",
                offset=-TOO_HIGH,
                begins="2026-01-01",
                ends="",
                certificate="QUATEST 3, 2026-1184",
                by="3fb1c2aa",
            )
            return bool(answer["outcome"] == "done")

        await until_told(entered, "the fridge is calibrated")
        await until(
            lambda: [each.offset for each in rules_of(self.rules()).calibrations] == [-1200],
            "the hub's calibration came",
        )

    async def freeze(self) -> None:
        """Below -0.5 °C for a while, until now, as the calibration says: the probe says more."""
        for body in told(-1.5 + TOO_HIGH, minutes=20, every=10):
            await self.read(body)

    async def read(self, body: bytes) -> None:
        answer = await self.apart.call(
            "edge",
            "ingest",
            path=f"/ingest/{FRIDGE}",
            method="POST",
            headers={"content-type": "application/json"},
            query={},
            body=base64.b64encode(body).decode(),
            peer="127.0.0.1",
        )
        assert answer["status"] == 200, answer

    async def until_alarms(self, state: str) -> None:
        async def told() -> bool:
            return await self.apart.state_of("edge", "alarms") == state

        await until_told(told, f"the edge's alarms are {state}")

    @property
    def data_of_edge(self) -> Path:
        return self.apart.home("edge") / "data"

    @property
    def quick(self) -> Path:
        """The hub's own profile of a fridge: a frost of ten minutes is an alarm."""
        return self.apart.home("hub") / QUICK

    def rules(self) -> list[bytes]:
        """By which the edge judges."""
        kept = self.data_of_edge / EDGE_ALARMS / FILE
        return kept.read_bytes().splitlines() if kept.exists() else []

    @property
    def database(self) -> SqliteDatabase:
        """The hub's store."""
        return SqliteDatabase(self.apart.store)

    def entries(self) -> list[dict[str, Any]]:
        """The hub's ledger."""
        rows = self.database.rows("SELECT body FROM incident_entry ORDER BY number")
        return [json.loads(body) for (body,) in rows]

    def notices_of_hub(self, incident: str) -> list[tuple[str, str, str]]:
        """(kind, state, code) of those that say that it began."""
        sql = "SELECT incident, kind, state, code FROM notice WHERE kind = 'RAISED'"
        return [(kind, *rest) for of, kind, *rest in self.database.rows(sql) if of == incident]

    def frost(self, kind: str) -> list[dict[str, Any]]:
        """Entries of this kind about the frost."""
        found = [entry for entry in self.entries() if entry["kind"] == kind and entry["episode"]]
        return [entry for entry in found if entry["episode"]["rule"] == "FRZE"]


async def verified(data: Path) -> str:
    """What ``epihub verify alarms`` says of a ledger that is in use, and whole."""
    process = await asyncio.create_subprocess_exec(
        *EPIHUB, "verify", "alarms", "--data", str(data), stdout=PIPE, stderr=STDOUT
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    return said.decode()


@pytest.fixture
async def drill(tmp_path: Path) -> AsyncIterator[Drill]:
    hosts = Loopback.found()
    write_hub(tmp_path, hosts)
    async with AsyncExitStack() as ending:
        gateways = [await ending.enter_async_context(gateway()) for _ in range(2)]
        apart = Apart.of(tmp_path, hosts, "edge-1", hosts.line, 1024)
        ending.push_async_callback(apart.end)
        for role, text, hook in zip(
            ("edge", "hub"), (AT_EDGE + NOTIFY, AT_HUB + NOTIFY), gateways, strict=True
        ):
            configure(apart.home(role), text, {"url": hook.url, "number": "0912345678"})  # type: ignore[arg-type]
        text = files("hub.alarms").joinpath("profiles", "fridge.toml").read_text(encoding="utf-8")
        quick = re.sub(r'(code = "FRZE".*?for_seconds = )3600', r"\g<1>600", text, count=1, flags=re.DOTALL)
        quick = re.sub(r"^version = \d+", "version = 99", quick, count=1, flags=re.MULTILINE)
        (apart.home("hub") / QUICK).write_text(quick, "utf-8")
        chaos = await ending.enter_async_context(chaos_between(hosts))
        await asyncio.gather(apart.start("hub"), apart.start("edge"))
        await apart.until_connected()
        yield Drill(apart, chaos, *gateways)


async def test_the_edge_wakes_somebody_and_the_hub_has_one_incident(drill: Drill) -> None:
    """It is killed between the alarm and its notice, too: told under one name, never not at all."""
    at_edge = drill.edge_gateway
    await drill.until_alarms("ok")
    await until(lambda: drill.rules() == rule_items(profiles_with([drill.quick])), "the hub's rules came")
    await drill.calibrate()
    at_edge.answer = lambda call: 503
    await drill.chaos.say("cut")
    await drill.freeze()
    await at_edge.until(lambda: at_edge.calls > 0, 30)
    await drill.apart.kill("edge")
    at_edge.answer = lambda call: 204
    await drill.apart.start("edge")
    await at_edge.until(lambda: bool(at_edge.bodies), 30)
    await drill.until_alarms("degraded")
    (notice,) = at_edge.bodies[0]["notices"]
    assert (notice["rule"], notice["device"], notice["site"]) == ("FRZE", FRIDGE, SITE)
    assert set(at_edge.keys) == {at_edge.bodies[0]["id"]}

    await drill.chaos.say("heal")
    await until(lambda: bool(drill.frost("NOTIFIED")), "the hub has the edge's word")
    raised = [entry for kind in ("RAISED", "RETRO_RAISED") for entry in drill.frost(kind)]
    assert [entry["incident"] for entry in raised] == [notice["incident"]]
    (told,) = drill.frost("NOTIFIED")
    assert told["detail"] | {"at": 0} == {
        "channel": "sms", "outcome": "delivered", "to": "u-an", "edge": "edge-1", "at": 0
    }  # fmt: skip
    assert drill.notices_of_hub(notice["incident"]) == [("RAISED", "DELIVERED", "edge")]
    assert drill.hub_gateway.bodies == []
    await drill.until_alarms("ok")
    assert "edge: " in await verified(drill.data_of_edge)
