"""Terminals push through the API to a gate: OK after the commit, each scan once, nobody's face kept."""

import asyncio
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest
import segno
from pydantic import ValidationError

from adapters.qr_gates import gate_http_door
from adapters.qr_gates.gate_http import GateHttp
from hub.contract import Frame
from hub.payloads import GateDecision, Passage, Scan
from hub.streams import now_ms
from tests.conformance.memory_outlet import MemoryOutlet
from tests.fire.patience import until
from tests.qr_gates.http.events import FACE, FORM, as_form, as_json, event
from tests.qr_gates.http.terminals import CDATA, INGEST, ISAPI, SERIAL, gate, settings, zkteco

HCM = ZoneInfo("Asia/Ho_Chi_Minh")
CARD = "075199001234||Nguyễn Thị Ánh Tuyết|02091999|Nữ|Biên Hòa, Đồng Nai|27122021"


def local(ago_s: float = 0) -> datetime:
    return datetime.fromtimestamp(now_ms() // 1000, HCM) - timedelta(seconds=ago_s)


def line(pin: str = "075199001234", ago_s: float = 0, verify: int = 15) -> bytes:
    return f"{pin}\t{local(ago_s):%Y-%m-%d %H:%M:%S}\t0\t{verify}\t\t0\t0\n".encode()


def access_line(pin: str = "075199001234", event: int = 0) -> bytes:
    at = f"{local():%Y-%m-%d %H:%M:%S}"
    return f"time={at}\tpin={pin}\tcardno=0\teventaddr=1\tevent={event}\tverifytype=15\tindex=42\n".encode()


def told(outlet: MemoryOutlet) -> list[str]:
    return [fact.payload.payload_kind for fact in outlet.facts if isinstance(fact.payload, Scan)]


async def test_plain_json_is_answered_with_the_decision(tmp_path: Path) -> None:
    async with gate(tmp_path) as (client, outlet):
        answer = await client.post(INGEST, json={"code": CARD})
        assert answer.status_code == 200
        assert answer.json()["decision"] == "allow"
        assert answer.json()["opens"] is True
        kinds = [type(fact.payload) for fact in outlet.facts]
        assert kinds == [Scan, GateDecision, Passage]
        again = await client.post(INGEST, json={"code": CARD})
        assert again.json() == answer.json()
        assert len(outlet.facts) == 3


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "plain.no_json"),
        (b'{"name": "x"}', 422, "plain.unknown_field"),
        (b" " * 40_000, 413, "plain.too_large"),
    ],
)
async def test_plain_json_that_is_none_is_refused_and_kept(
    tmp_path: Path, body: bytes, status: int, code: str
) -> None:
    async with gate(tmp_path) as (client, outlet):
        answer = await client.post(INGEST, content=body)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert [(kept.raw, kept.reason) for kept in outlet.quarantined] == [(body, code)]


async def test_a_terminal_is_greeted_and_hears_ok_after_the_commit(tmp_path: Path) -> None:
    async with gate(tmp_path, zkteco()) as (client, outlet):
        greeting = await client.get(f"/iclock/cdata?SN={SERIAL}&options=all&pushver=2.4.1")
        assert greeting.text.splitlines()[0] == f"GET OPTION FROM: {SERIAL}"
        assert "TimeZone=7" in greeting.text
        outlet.hold()
        posting = asyncio.create_task(client.post(CDATA, content=line() + line("075199005678")))
        await outlet.queued.get()
        await outlet.queued.get()
        assert not posting.done()
        outlet.release()
        assert (await posting).text == "OK: 2"
        assert told(outlet) == ["cccd-number", "cccd-number"]
        for path in ("getrequest", "devicecmd", "ping", "getrequest.aspx"):
            assert (await client.get(f"/iclock/{path}?SN={SERIAL}")).text == "OK"


async def test_an_access_controller_registers_and_its_events_are_scans(tmp_path: Path) -> None:
    async with gate(tmp_path, zkteco()) as (client, outlet):
        hello = await client.get(f"/iclock/cdata?SN={SERIAL}&options=all&pushver=3.1.2&DeviceType=acc")
        assert hello.text.startswith("registry=ok\n")
        registered = await client.post(
            f"/iclock/registry?SN={SERIAL}", content=b"DeviceType=acc,~DeviceName=x"
        )
        assert registered.text == f"RegistryCode={SERIAL}\n"
        assert "Realtime=1" in (await client.post(f"/iclock/push?SN={SERIAL}")).text
        events = access_line() + access_line(pin="0", event=8) + access_line(event=27)
        for _ in range(2):
            told_again = await client.post(CDATA.replace("ATTLOG", "rtlog"), content=events)
            assert told_again.text == "OK"
        assert told(outlet) == ["cccd-number"]
        outlet.refuse = True
        lost = await client.post(CDATA.replace("ATTLOG", "rtlog"), content=access_line("075199005678"))
        assert lost.status_code == 503


async def test_what_comes_again_is_known_by_serial_pin_time_and_verification(tmp_path: Path) -> None:
    async with gate(tmp_path, zkteco()) as (client, outlet):
        first = line() + line("075199005678")
        for _ in range(3):
            assert (await client.post(CDATA, content=first + line(ago_s=3600))).text == "OK: 3"
        assert len(told(outlet)) == 3


async def test_a_disk_that_is_full_is_no_ok(tmp_path: Path) -> None:
    async with gate(tmp_path, zkteco(), MemoryOutlet(refuse=True)) as (client, outlet):
        refused = await client.post(CDATA, content=line())
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "30")
        assert "OK" not in refused.text
        outlet.refuse = False
        assert (await client.post(CDATA, content=line())).text == "OK: 1"
        assert told(outlet) == ["cccd-number"]


async def test_only_what_happens_now_is_shown(tmp_path: Path) -> None:
    async with gate(tmp_path, zkteco()) as (client, outlet):
        await client.post(CDATA, content=line("075199005678", ago_s=7200))
        assert outlet.screens == []
        await client.post(CDATA, content=line())
        assert [screen.decision for screen in outlet.screens] == ["allow"]
        assert len(told(outlet)) == 2


async def test_lines_that_tell_of_none_are_kept_and_the_terminal_goes_on(tmp_path: Path) -> None:
    async with gate(tmp_path, zkteco()) as (client, outlet):
        answer = await client.post(CDATA, content=b"broken line\n" + line())
        assert answer.text == "OK: 2"
        assert [kept.raw for kept in outlet.quarantined] == [b"broken line"]
        assert len(told(outlet)) == 1
        assert (await client.post(CDATA, content=b"")).text == "OK"


def test_what_was_kept_may_be_understood_later() -> None:
    """Nobody is let in or counted for it: only who it was is told."""
    kept = {"zkteco": line(), "hikvision": as_json(event()), "plain": b'{"code": "075199001234"}'}
    for dialect, raw in kept.items():
        config = zkteco() if dialect == "zkteco" else settings(dialect=dialect)
        meaning = GateHttp(config, MemoryOutlet()).interpret(Frame(raw, origin=f"{dialect} 1"), now_ms())
        assert [type(fact.payload) for fact in meaning.facts] == [Scan]
        again = GateHttp(config, MemoryOutlet()).interpret(Frame(b"[]", origin=f"{dialect} 1"), now_ms())
        assert [problem.raw for problem in again.problems] == [b"[]"]


async def test_a_form_that_was_kept_without_its_picture_is_read_again(tmp_path: Path) -> None:
    config = settings(dialect="hikvision")
    async with gate(tmp_path, config) as (client, outlet):
        body = as_form(event()).replace(b'"eventType"', b'"eventKind"')
        await client.post(ISAPI, content=body, headers={"Content-Type": FORM})
        (kept,) = outlet.quarantined
    mended = kept.raw.replace(b'"eventKind"', b'"eventType"')
    meaning = GateHttp(config, MemoryOutlet()).interpret(Frame(mended, origin=kept.origin), now_ms())
    assert [type(fact.payload) for fact in meaning.facts] == [Scan]


async def test_a_terminals_clock_is_told_once_several_messages_agree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with gate(tmp_path, zkteco()) as (client, outlet):
        began_s = now_ms() // 1000
        for minute in range(4):
            at_s = began_s + minute * 60
            monkeypatch.setattr(gate_http_door, "now_ms", lambda at=at_s: at * 1000)
            behind = datetime.fromtimestamp(at_s - 300, HCM)
            said = f"0751990{minute:05}\t{behind:%Y-%m-%d %H:%M:%S}\t0\t15\n"
            assert (await client.post(CDATA, content=said)).text == "OK: 1"
        assert outlet.clock_offsets == [-300.0]
        assert [screen.device for screen in outlet.screens] == ["cong-1"] * 2  # those after it, by its clock


async def test_names_and_faces_that_nobody_asked_for_are_let_go(tmp_path: Path) -> None:
    async with gate(tmp_path, zkteco()) as (client, outlet):
        users = CDATA.replace("ATTLOG", "OPERLOG")
        assert (await client.post(users, content="USER PIN=1\tName=Nguyễn Văn A\n".encode())).text == "OK"
        assert (await client.post(f"/iclock/fdata?SN={SERIAL}", content=FACE)).text == "OK"
        assert outlet.committed == []
        assert (await client.post(CDATA.replace("ATTLOG", "newlog"), content=b"time=now")).text == "OK"
        assert [kept.reason for kept in outlet.quarantined] == ["zkteco.unknown_table"]


async def test_a_terminal_that_says_nothing_is_unknown_until_it_does(tmp_path: Path) -> None:
    async with gate(tmp_path, zkteco(silent_after_seconds=0.05)) as (client, outlet):
        await until(lambda: ("UNKNOWN", "device.silent") in outlet.states, "its silence")
        await client.get(f"/iclock/getrequest?SN={SERIAL}")
        assert ("ONLINE", "") in outlet.states
    assert zkteco().silence_seconds == 180
    assert settings().silence_seconds == 0


async def test_another_terminal_and_another_path_are_nobodys(tmp_path: Path) -> None:
    async with gate(tmp_path, zkteco()) as (client, _):
        for path in (CDATA.replace("CGXH", "CGXX"), f"/iclock/upgrade?SN={SERIAL}", "/isapi/cong-1"):
            assert (await client.post(path, content=line())).status_code == 404
        assert (await client.post("/iclock/cdata?SN=../x", content=line())).status_code == 422


async def test_an_event_is_one_scan_in_whatever_form_it_comes(tmp_path: Path) -> None:
    async with gate(tmp_path, settings(dialect="hikvision")) as (client, outlet):
        now = event() | {"dateTime": local().isoformat()}
        assert (await client.post(ISAPI, content=as_json(now))).status_code == 200
        form = await client.post(ISAPI, content=as_form(now), headers={"Content-Type": FORM})
        assert form.status_code == 200
        beat = event() | {"eventType": "heartBeat", "AccessControllerEvent": None}
        assert (await client.post(ISAPI, content=as_json(beat))).status_code == 200
        assert told(outlet) == ["cccd-number"]
        assert outlet.quarantined == []


async def test_an_event_that_nobody_understands_is_kept_without_its_picture(tmp_path: Path) -> None:
    async with gate(tmp_path, settings(dialect="hikvision")) as (client, outlet):
        body = as_form(event()).replace(b'"eventType"', b'"eventKind"')
        answer = await client.post(ISAPI, content=body, headers={"Content-Type": FORM})
        assert (answer.status_code, answer.text) == (200, "OK")
        (kept,) = outlet.quarantined
        assert kept.reason == "hikvision.no_event"
        assert b"eventKind" in kept.raw
        assert FACE[:4] not in kept.raw


def png(code: str = CARD) -> bytes:
    made = BytesIO()
    segno.make(code, error="m").save(made, kind="png", scale=4)
    return made.getvalue()


async def posted(client: httpx.AsyncClient, picture: bytes, kind: str = "image/png") -> httpx.Response:
    return await client.post(INGEST, content=picture, headers={"Content-Type": kind})


async def test_a_picture_of_a_code_is_a_scan_and_is_kept_nowhere(tmp_path: Path) -> None:
    async with gate(tmp_path) as (client, outlet):
        assert (await posted(client, png())).json()["decision"] == "allow"
        assert told(outlet) == ["cccd"]
        refusals = [await posted(client, png()[:-30]), await posted(client, b"\xff\xd8", "image/jpeg")]
        assert [each.status_code for each in refusals] == [422, 422]
        assert refusals[1].json()["code"] == "picture.broken"
        assert outlet.quarantined == []
        assert all(entry.frame is None for entry in outlet.committed)


async def test_too_many_at_once_are_told_to_come_back(tmp_path: Path) -> None:
    async with gate(tmp_path) as (client, outlet):
        outlet.hold()
        codes = [{"code": f"0751990{n:05}"} for n in range(17)]
        posting = [asyncio.create_task(client.post(INGEST, json=code)) for code in codes]
        for _ in range(16):
            await outlet.queued.get()
        (first,) = (await asyncio.wait(posting, return_when="FIRST_COMPLETED"))[0]
        assert (first.result().status_code, first.result().headers["Retry-After"]) == (429, "5")
        outlet.release()
        assert sorted(answer.status_code for answer in await asyncio.gather(*posting)) == [200] * 16 + [429]


@pytest.mark.parametrize(
    "wrong", [{"dialect": "zkteco"}, {"serial": SERIAL}, {"dialect": "zkteco", "serial": SERIAL}]
)
def test_settings_that_would_let_anybody_in(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        settings(**wrong)
