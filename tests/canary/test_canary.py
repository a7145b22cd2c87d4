"""A thousand marked people show their codes at a gate: no mark leaves the edge, nor lies open on its disk.

Looked through: the bus as its hub hears it, every file of the data directory (store, spool, broker, lists,
keys), the logs, figures, answers of the API, what commands say, and a backup with each of its members.
"""

import asyncio
import json
import zipfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from hub.mqtt.connection import BrokerAddress, Incoming, connect
from hub.vault import KEYS, Vault
from tests.canary.marked_people import MarkedPerson, codes, people
from tests.canary.traces import Traces
from tests.fire.installation import EPIHUB, Installation
from tests.fire.patience import until, until_told
from tests.ports import free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]  # of a machine that does other things too

COUNT = 1000
WATCHED = 50  # of whom the first is on the list
GATE = """
[[device]]
id = "cong-1"
site = "bv-fire"
kind = "gate_tcp"
port = {port}
direction = "in"
[device.rules]
positive_days = 14
declaration_hours = 72
[[device]]
id = "cong-2"
site = "bv-fire"
kind = "gate_http"
direction = "out"
[[device]]
id = "cong-3"
site = "bv-fire"
kind = "gate_http"
direction = "out"
dialect = "zkteco"
serial = "CANARY1"
peers = ["127.0.0.1/32"]
"""
BY_HTTP = 50  # people whose code comes by JSON as well, and as many by a terminal
EDGE = "/api/v1/edges/edge-1"
ANSWERS = (
    *("/healthz", "/readyz", "/metrics", "/api/v1/openapi.json", "/api/v1/sites", "/api/v1/devices"),
    *("/api/v1/devices/cong-1", "/api/v1/scans?limit=1000", "/api/v1/occupancy", "/api/v1/gates/counts"),
    *("/api/v1/gates/openings", "/api/v1/alarms", "/api/v1/quarantine?limit=1000", "/api/v1/results"),
    *("/api/v1/deletions", "/api/v1/edges", EDGE, f"{EDGE}/captures", f"{EDGE}/quarantine"),
    *(f"{EDGE}/looks", f"{EDGE}/decisions"),
)
FILES = {"up.log", "data/store.db", "data/spool/spool.db", "data/lists/watch.people"}
EMPTY_PAGE = bytes(4096)


class Canary:
    """One installation with a gate, what its bus carried, and what it said to whoever asked."""

    def __init__(self, folder: Path) -> None:
        self.there = Installation.make(folder, "one machine")
        self.gate_port = free_port()
        self.there.add_device(GATE.format(port=self.gate_port), self.gate_port)
        self.people = people(COUNT)
        self.heard: list[bytes] = []
        self.said: dict[str, bytes] = {}
        Vault(self.there.data / KEYS).make_province_key()

    async def start(self) -> None:
        await self.there.start()
        await self.there.until_connected()
        await until_told(self._api_answers, "the API answers")

    async def _api_answers(self) -> bool:
        """It is a process of its own, and starts when the edge is there."""
        try:
            async with self._api() as api:
                return (await api.get("/healthz")).status_code == 200
        except httpx.TransportError:
            return False

    async def command(self, *arguments: str) -> None:
        """An epihub command; what it says is looked through too."""
        config = ("--config", str(self.there.config))
        process = await asyncio.create_subprocess_exec(
            *EPIHUB, *arguments, *config, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        told, _ = await process.communicate()
        self.said[" ".join(arguments[:3])] = told
        assert process.returncode == 0, told

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """On the bus, with the hub's own account: everything of ours."""
        passwords = json.loads((self.there.data / "bus-accounts.json").read_text("utf-8"))
        address = BrokerAddress("127.0.0.1", self.there.bus_port, "hub", passwords["hub"])

        def take(messages: list[Incoming]) -> None:
            self.heard.extend(message.topic.encode() + b" " + message.payload for message in messages)
            connection.acknowledge(messages)

        connection = await connect(address, "canary", clean=True, on_messages=take)
        await connection.subscribe("epihub/v1/#")
        try:
            yield
        finally:
            await connection.close()

    async def watch(self, persons: list[MarkedPerson]) -> None:
        """Put them on the list, by all ids that they have."""
        table = self.there.folder / "watched.csv"
        ids = ("vnid", "cmnd", "bhyt", "passport", "qid")
        rows = [",".join(person.marks[each] for each in ids) for person in persons]
        table.write_text("\n".join([",".join(ids), *rows]) + "\n", "utf-8")
        await self.command("list", "import", "watch", str(table))
        table.unlink()
        await until_told(self._has_list, "the gate has the list")

    async def _has_list(self) -> bool:
        kept = (await self.there.call("up", "people.kept"))["items"]
        return any(row["list"] == "watch" and row["count"] for row in kept)

    async def show_codes(self) -> None:
        """Each person's, at one scanner; the gate answers nothing."""
        _, writer = await asyncio.open_connection("127.0.0.1", self.gate_port)
        for code in codes(self.people):
            writer.write(code + b"\r")
            await writer.drain()
        await until_told(self._has_scans, "every scan is in the store", 120)
        writer.close()

    async def _has_scans(self) -> bool:
        return await self._scans("cong-1") >= COUNT

    async def has_pushed(self) -> bool:
        return await self._scans("cong-2") >= BY_HTTP and await self._scans("cong-3") >= BY_HTTP

    async def _scans(self, device: str) -> int:
        async with self._api() as api:
            return len((await api.get(f"/api/v1/scans?device={device}&limit=1000")).json().get("items", []))

    async def push(self) -> None:
        """By JSON, and by a terminal that also tells the names and telephones of all that it knows."""
        async with self._api() as api:
            for person, code in zip(self.people[:BY_HTTP], codes(self.people), strict=False):
                answer = await api.post("/api/v1/ingest/cong-2", json={"code": code.decode("utf-8")})
                assert answer.status_code in (200, 422), answer.text
                self.said[f"push {person.number}"] = answer.content
            users = "".join(_user(person) for person in self.people)
            now = datetime.now(UTC)
            scans = "".join(f"{each.marks['vnid']}\t{now:%F %T}\t0\t15\n" for each in self.people[:BY_HTTP])
            for table, body in (("OPERLOG", users), ("ATTLOG", scans)):
                answer = await api.post(f"/iclock/cdata?SN=CANARY1&table={table}", content=body.encode())
                assert answer.text.startswith("OK"), answer.text
                self.said[table] = answer.content

    def _api(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.there.api_port}", timeout=30)

    async def ask(self) -> None:
        """Whatever anybody may ask over the network."""
        async with self._api() as api:
            for path in ANSWERS:
                answer = await api.get(path)
                assert answer.status_code == 200, (path, answer.text)
                self.said[path] = answer.content
            events, after = 0, 0
            while items := (answer := await api.get(f"/api/v1/events?after={after}&limit=1000")).json()[
                "items"
            ]:
                events, after = events + len(items), items[-1]["number"]
                self.said[f"events {after}"] = answer.content
        assert events >= 2 * COUNT

    def everything(self) -> Iterator[tuple[str, bytes]]:
        """By where it was."""
        yield "the bus", b"\n".join(self.heard)
        yield from self.said.items()
        for path in sorted(self.there.folder.rglob("*")):
            if not path.is_file():
                continue
            yield str(path.relative_to(self.there.folder)), path.read_bytes().replace(EMPTY_PAGE, b"")
            if zipfile.is_zipfile(path):
                with zipfile.ZipFile(path) as archive:
                    yield from ((f"{path.name}/{name}", archive.read(name)) for name in archive.namelist())


def _user(person: MarkedPerson) -> str:
    """A line of a terminal's table of users."""
    return f"USER PIN={person.marks['vnid']}\tName={person.name}\tPri=0\tCard={person.marks['phone']}\n"


@pytest.fixture
async def canary(tmp_path: Path) -> AsyncIterator[Canary]:
    made = Canary(tmp_path / "canary")
    await made.start()
    yield made
    await made.there.end()


async def test_no_mark_of_a_thousand_people_is_anywhere(canary: Canary) -> None:
    shown = list(codes(canary.people))
    traces = Traces(mark for person in canary.people for mark in person.marks.values())
    assert sum(bool(traces.find(code)) for code in shown) == COUNT * 9 // 10, "one in ten is behind base45"
    async with canary.listening():
        await canary.watch(canary.people[:WATCHED])
        await canary.show_codes()
        await canary.push()
        await until_told(canary.has_pushed, "what was pushed is in the store")
        await canary.ask()
        await canary.command("list", "show")
        await until(
            lambda: sum(b"/gate-scan-v1 " in each for each in canary.heard) >= COUNT, "the bus carried all"
        )
    assert b"edge  watch " in canary.said["list show"]
    alerts = sum(b'"decision":"alert"' in each for each in canary.heard)
    assert alerts > WATCHED // 2, "people are recognised by the list"
    await canary.command("backup", str(canary.there.folder))
    looked = dict(canary.everything())
    assert looked.keys() > FILES
    assert any(where.endswith(".zip/manifest.json") for where in looked)
    found = {where: hits[:3] for where, data in looked.items() if (hits := traces.find(data))}
    assert found == {}
