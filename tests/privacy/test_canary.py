"""A hundred marked patients through a real hub: nothing outside the sealed captures may name them.

The ACKs are left out: they repeat the sender's control id to the sender, as the standard asks.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import apsw
import httpx
import pytest

from hub.errors import OperatorError
from hub.spool.contents import open_contents
from hub.vault import Vault
from tests.fire.installation import Installation
from tests.fire.patience import until_told
from tests.privacy.bus_tap import BusTap
from tests.privacy.messages import END, Marked, marked_messages
from tests.privacy.traces import Traces

PATIENTS, SEED = 100, 20210805
ANSWER_SECONDS = 10
LISTS = ("sites", "devices", "results", "readings/latest", "quarantine", "events")
PLAIN = ("healthz", "readyz", "metrics", "openapi.json")
PAGES = ("/", "/devices", "/results", "/cold-chain", "/quarantine")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
async def installation(tmp_path: Path) -> AsyncIterator[Installation]:
    made = Installation.make(tmp_path / "hub", "one machine")
    config = made.config.read_text("utf-8")
    made.config.write_text(config.replace('format = "json"', 'format = "json"\nlevel = "debug"'), "utf-8")
    await made.start()
    await made.until_connected()
    yield made
    await made.end()


async def test_nothing_but_sealed_captures_names_a_patient(installation: Installation) -> None:
    marked = marked_messages(PATIENTS, SEED)
    traces = Traces({identity for each in marked for identity in each.identities})
    with BusTap(installation.data, installation.bus_port) as tap:
        await _send(installation.mllp_port, marked)
        await _settled(installation, len(marked))
        await until_told(lambda: _all_heard(installation, tap), "the tap heard what the store has")
        shown = await _everything_shown(installation, marked[-1].identities)
        shown["bus"] = tap.heard
    found = {where: traces.found_in(data) for where, data in shown.items()}
    found |= {f"{name} (running)": traces.found_in(data) for name, data in _files(installation)}
    assert await installation.stop("up") == 0
    found |= {name: traces.found_in(data) for name, data in _files(installation)}
    assert {where: identities for where, identities in found.items() if identities} == {}


async def test_the_sealed_captures_hold_them_all(installation: Installation) -> None:
    marked = marked_messages(PATIENTS, SEED)
    identities = {identity for each in marked for identity in each.identities}
    await _send(installation.mllp_port, marked)
    await _settled(installation, len(marked))
    waiting = (await installation.call("up", "quarantine.list", limit=1000))["items"]
    shown = await installation.call("up", "quarantine.show", capture=waiting[0]["capture"])
    assert await installation.stop("up") == 0
    opened = list(_opened(installation))
    assert len(waiting) >= PATIENTS * 6 // 10  # the ways in which nothing of a message can be understood
    assert shown["raw"]
    assert len(opened) >= len(marked)
    assert Traces(identities).found_in(b"\n".join(opened)) == identities


async def _send(port: int, marked: list[Marked]) -> None:
    """One line, one message after the other, as an analyzer sends them."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    async with asyncio.timeout(ANSWER_SECONDS + len(marked)):
        for each in marked:
            writer.write(each.sent)
            if each.answered:
                await reader.readuntil(END)
    writer.close()


async def _settled(installation: Installation, messages: int) -> None:
    """Every message is committed at the edge, and the hub has receipted every event."""

    async def so() -> bool:
        figures = _figures((await installation.call("up", "metrics"))["text"])
        committed = figures["epihub_edge_messages_committed_total"]
        return committed >= messages and not figures["epihub_spool_events_waiting"]

    await until_told(so, "all messages are committed and receipted")


def _figures(text: str) -> dict[str, float]:
    """Metrics by name, summed over their labels."""
    figures: dict[str, float] = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            series, _, value = line.rpartition(" ")
            name = series.partition("{")[0]
            figures[name] = figures.get(name, 0) + float(value)
    return figures


async def _all_heard(installation: Installation, tap: BusTap) -> bool:
    stored = apsw.Connection(str(installation.store), flags=apsw.SQLITE_OPEN_READONLY)
    kinds = dict(stored.execute("SELECT type, count(*) FROM event GROUP BY type"))
    stored.close()
    assert kinds["lab.result.v1"] >= PATIENTS
    return all(tap.count(kind) >= kinds[kind] for kind in ("lab.result.v1", "quarantine.v1"))


async def _everything_shown(installation: Installation, identities: tuple[str, ...]) -> dict[str, bytes]:
    """Whatever the running hub tells anybody, by where it was told."""
    shown: dict[str, bytes] = {}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{installation.api_port}", timeout=10) as client:
        await until_told(lambda: _ready(client), "the API is ready")
        for name in LISTS:
            shown[f"API {name}"] = await _all_pages(client, f"/api/v1/{name}")
        for path in (*(f"/api/v1/{name}" for name in PLAIN), *PAGES):
            shown[f"GET {path}"] = _told(await client.get(path))
        for number, request in enumerate(_bad_requests(client, identities)):
            shown[f"bad request {number}"] = _told(await client.send(request))
    for call in ("quarantine.list", "health", "metrics"):
        shown[f"socket {call}"] = json.dumps(await installation.call("up", call)).encode()
    for call in ("quarantine.show", "quarantine.replay"):
        shown[f"refused {call}"] = await _refusal(installation, call, identities[0])
    return shown


async def _ready(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/api/v1/healthz")).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


async def _all_pages(client: httpx.AsyncClient, path: str) -> bytes:
    pages: list[bytes] = []
    cursor: str | None = ""
    parameter = "after" if path.endswith("events") else "cursor"
    while cursor is not None:
        answer = await client.get(path, params={parameter: cursor} if cursor else {})
        assert answer.status_code == httpx.codes.OK, answer.text
        pages.append(_told(answer))
        following = answer.json().get("next_cursor")
        cursor = following if following != cursor and answer.json()["items"] else None
    return b"\n".join(pages)


def _bad_requests(client: httpx.AsyncClient, identities: tuple[str, ...]) -> Iterator[httpx.Request]:
    """Requests with a person's name or number where it does not belong: no answer may repeat it."""
    for identity in identities:
        for query in ("limit", "cursor", "call", "from", "specimen", "nobody_knows_this"):
            yield client.build_request("GET", "/api/v1/results", params={query: identity})
        for place in ("results", "devices", "cameras"):
            yield client.build_request("GET", f"/api/v1/{place}/{identity}")
        yield client.build_request("POST", f"/api/v1/ingest/{identity}", content=identity.encode())
        yield client.build_request("POST", f"/api/v1/quarantine/{identity}/replay")
        yield client.build_request("GET", "/api/v1/events", params={"after": identity})
        yield client.build_request(
            "GET", "/api/v1/sites", headers=[(b"Authorization", b"Bearer " + identity.encode())]
        )


def _told(answer: httpx.Response) -> bytes:
    headers = b"\n".join(name + b": " + value for name, value in answer.headers.raw)
    return headers + b"\n\n" + answer.content


async def _refusal(installation: Installation, call: str, identity: str) -> bytes:
    with pytest.raises(OperatorError) as refusal:
        await installation.call("up", call, capture=identity)
    return str(refusal.value).encode()


def _files(installation: Installation) -> Iterator[tuple[str, bytes]]:
    """All files of the installation: logs, configuration, store, spool, the broker's folder."""
    for path in sorted(installation.folder.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(installation.folder)), path.read_bytes()


def _opened(installation: Installation) -> Iterator[bytes]:
    sealer = Vault(installation.data / "keys").sealer()
    spool = apsw.Connection(str(installation.spool), flags=apsw.SQLITE_OPEN_READONLY)
    rows: list[Any] = spool.execute("SELECT id, sealed FROM capture").fetchall()
    spool.close()
    for capture, sealed in rows:
        yield open_contents(sealer.open(capture, sealed)).raw
