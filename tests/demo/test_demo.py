"""What a person gets who types ``epihub demo``: live data, clear answers, a quiet terminal."""

import json
import re
import socket
import subprocess
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from prometheus_client.parser import text_string_to_metric_families

from hub.cli.demo_lots import LOTS
from simulators.cameras.demo_cameras import demo_cameras
from simulators.gates.demo_gates import demo_plans
from simulators.province import load_province
from tests.console.conftest import watch
from tests.demo.province import EPIHUB, ROW, Demo
from tests.demo.terminal import LONGEST_SECONDS, until
from tests.fire.scrapes import broken_identities, read_figures
from tests.ports import free_row

pytestmark = pytest.mark.slow
PROVINCE = load_province()
ANALYZERS = {plan.id: plan.site for plan in PROVINCE.analyzers}
GATES = {plan.id: plan.site for plan in demo_plans()}
CAMERAS = {plan.id: plan.site for plan in demo_cameras("")}
DEVICES = ANALYZERS | GATES | CAMERAS | {plan.id: plan.site for plan in PROVINCE.fridges}
GARBAGE = b"PV1|no header"
QUIET_SECONDS = 15
REFUSED = 1


def test_results_and_temperatures_appear_within_ten_seconds_and_keep_coming(demo: Demo) -> None:
    """That they appeared in time is what the fixture waited for."""
    results = {each["id"] for each in demo.items("results", limit=1000)}
    stamps = latest_times(demo)
    until(lambda: {each["id"] for each in demo.items("results", limit=1000)} > results, "a new result")
    until(lambda: moved(stamps, latest_times(demo)) == set(stamps), "a new reading of each series")


def latest_times(demo: Demo) -> dict[tuple[str, str], str]:
    rows = demo.items("readings/latest", limit=1000)
    return {(row["device"], row["metric"]): row["time"] for row in rows if row["metric"].startswith("temp")}


def moved(before: dict[Any, str], after: dict[Any, str]) -> set[Any]:
    return {name for name in before if after[name] > before[name]}


def test_every_device_of_the_province_is_known_and_online(demo: Demo) -> None:
    def online() -> set[str]:
        return {each["id"] for each in demo.items("devices") if each["state"] == "ONLINE"}

    told = {each["id"]: each["site"] for each in demo.items("devices")}
    assert told.keys() - DEVICES.keys() == {"edge-1", "hub"}  # they are watched like devices
    assert DEVICES.items() <= told.items()
    assert len(DEVICES) == 24
    until(lambda: online() >= set(DEVICES), "all devices are online")


def test_vaccine_lots_lie_in_its_units_with_their_clocks(demo: Demo) -> None:
    until(lambda: len(demo.items("lots")) == len(LOTS), "the lots are placed")
    assert {row["id"]: row["device"] for row in demo.items("lots")} == {lot[0]: lot[1] for lot in LOTS}
    part = httpx.get(f"{demo.url}/api/v1/lots/FD9234~2", timeout=LONGEST_SECONDS).json()
    assert (part["part_of"], part["clock"]["days_left"], part["clock"]["flags"]) == ("FD9234", 30, [])
    leaking = httpx.get(f"{demo.url}/api/v1/lots/2021050984", timeout=LONGEST_SECONDS).json()
    assert leaking["clock"]["above_minutes"] > 30


def test_people_go_in_at_the_gates_and_who_is_looked_for_is_known(demo: Demo) -> None:
    until(lambda: {each["zone"] for each in demo.items("occupancy")} == set(GATES.values()), "both zones")
    until(lambda: any(each["decision"] == "allow" for each in demo.items("scans", limit=1000)), "somebody")
    seen = demo.items("scans", limit=1000)
    assert {each["device"] for each in seen} <= set(GATES)
    assert {each["decision"] for each in seen} <= {"allow", "deny", "alert", "retry", "duplicate"}
    assert {(demo.data / "lists" / f"{name}.people").is_file() for name in ("watch", "doses")} == {True}


def test_nine_reports_live(demo: Demo) -> None:
    """Of the plan's figures, of what facilities tell day by day, and of what its devices see today."""

    def events(report: str, **asked: str) -> int:
        told = demo.get(f"/api/v1/reports/{report}", **asked).json()
        return int(told["report"]["content"]["event_count"]) if "report" in told else 0

    today = datetime.now(ZoneInfo("Asia/Ho_Chi_Minh")).date().isoformat()
    until(lambda: events("declarations") == 4122, "all declarations of the plan")
    until(lambda: events("workplace-risk") == 645, "all workplaces that assessed themselves")
    for report in ("quarantine-daily", "field-hospitals", "vaccine-stock"):
        until(partial(events, report), f"{report} of yesterday")
    for report in ("gate-traffic", "camera-uptime", "cases", "lab-samples"):
        until(partial(events, report, date=today), f"{report} of today")
    told = demo.get("/api/v1/reports/lab-samples", date=today).json()
    assert told["revision"]


def test_cameras_are_watched_and_their_pictures_judged(demo: Demo) -> None:
    until(lambda: {each["id"] for each in demo.items("cameras")} == set(CAMERAS), "all cameras")
    until(lambda: {each["state"] for each in demo.items("cameras")} == {"ONLINE"}, "all are on line")
    assert len(list((demo.data / "footage").iterdir())) >= len(CAMERAS)


def test_all_sites_answer_with_their_names(demo: Demo) -> None:
    told = {each["id"]: each["name"] for each in demo.items("sites")}
    assert told == {site.id: site.name for site in PROVINCE.sites}
    analyzer = PROVINCE.analyzers[0]
    until(lambda: demo.items("results", site=analyzer.site), f"a result of {analyzer.site}")
    assert {each["device"] for each in demo.items("results", site=analyzer.site)} == {analyzer.id}


def test_it_is_ready_and_every_part_is_ok(demo: Demo) -> None:
    answer = demo.get("/readyz")
    assert answer.status_code == 200
    parts = answer.json()["components"]
    assert {"spool", "bus", "store", "partitions", "keys", "process"} <= set(parts)
    assert {name: part for name, part in parts.items() if part["state"] != "ok"} == {}


def test_the_identities_of_the_metrics_hold_in_every_scrape(demo: Demo) -> None:
    before: dict[str, float] = {}
    for _ in range(20):
        text = demo.get("/metrics").text
        figures = read_figures(text)
        assert broken_identities(figures, before) == []
        assert broken_by_device(text) == []
        before = figures
    assert before["edge_messages_received_total"] > 0
    assert before["spool_events_receipted_total"] > 0
    assert before["hub_events_stored_total"] > 0


def broken_by_device(text: str) -> list[str]:
    """Devices of which received is not committed + refused + in flight."""
    told: dict[str, dict[str, float]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name.startswith("epihub_edge_messages_"):
                name = sample.name.removeprefix("epihub_edge_messages_")
                told.setdefault(sample.labels["device"], {})[name] = sample.value
    assert set(told) >= set(DEVICES)
    parts = ("committed_total", "refused_total", "in_flight")
    return [name for name, of in told.items() if of["received_total"] != sum(of[part] for part in parts)]


def test_the_stream_delivers_events_and_resumes_where_it_was_left(demo: Demo) -> None:
    first = streamed(demo, 5, after="0")
    assert [number for number, _, _ in first] == sorted({number for number, _, _ in first})
    assert all(event["type"] == name and event["specversion"] == "1.0" for _, name, event in first)
    again = streamed(demo, 3, headers={"Last-Event-ID": str(first[1][0])})
    assert again == first[2:5]
    newest = demo.items("events", after=first[-1][0], limit=1000)[-1]["number"]
    assert streamed(demo, 2)[0][0] > newest  # with neither: what comes from now on


def streamed(
    demo: Demo, count: int, *, headers: dict[str, str] | None = None, **query: str
) -> list[tuple[int, str, dict[str, Any]]]:
    """(number, name, event) of the first ``count`` events of a new stream."""
    with httpx.stream(
        "GET", f"{demo.url}/api/v1/stream", params=query, headers=headers, timeout=LONGEST_SECONDS
    ) as answer:
        assert answer.status_code == 200
        told = events(answer.iter_lines())
        return [next(told) for _ in range(count)]


def events(lines: Iterator[str]) -> Iterator[tuple[int, str, dict[str, Any]]]:
    fields: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        if name:
            fields[name] = value
        elif "data" in fields:
            yield int(fields["id"]), fields["event"], json.loads(fields["data"])
            fields = {}


def test_the_terminal_says_in_two_languages_what_runs_where(demo: Demo) -> None:
    screen = demo.terminal.screen
    for shown in (
        f"{demo.url}\n",
        f"{demo.url}/api/v1/results",
        f"mqtt://127.0.0.1:{demo.base + 1}",
        f"mllp://127.0.0.1:{demo.base + 2}",
        f"tcp://127.0.0.1:{demo.base + 4}",
        "mở trong trình duyệt / open in a browser",
        "4 máy xét nghiệm / analyzers",
        "10 tủ lạnh vắc xin / vaccine fridges",
        "7 địa điểm / sites",
        str(demo.data),
        "Ctrl-C dừng tất cả / stops everything",
    ):
        assert shown in screen, shown


def test_what_cannot_be_identified_is_refused_kept_and_shown(demo: Demo) -> None:
    assert b"\rMSA|AR|" in demo.mllp(GARBAGE)
    until(lambda: entry(demo, "hl7.no_msh"), "the message is in the quarantine")
    shown = entry(demo, "hl7.no_msh")
    assert (shown["state"], shown["bytes"], shown["place"]) == ("WAITING", len(GARBAGE), "MSH")
    refused = replay(demo, shown["id"])
    assert refused.status_code == 409
    assert refused.json()["code"] == "replay.refused"
    assert "--device" in refused.json()["reason"]
    assert GARBAGE.decode() not in demo.get("/api/v1/quarantine").text + refused.text


def test_what_is_of_a_known_device_is_replayed(demo: Demo) -> None:
    sender = PROVINCE.analyzers[0].application.encode()
    order = b"MSH|^~\\&|%b|X|EPIHUB|DN|20261122||ORM^O01|K1|P|2.5.1\rPID|1\r" % sender
    assert b"\rMSA|AA|K1" in demo.mllp(order)
    until(lambda: entry(demo, "hl7.unsupported_type"), "the order is in the quarantine")
    shown = entry(demo, "hl7.unsupported_type")
    assert shown["device"] == PROVINCE.analyzers[0].id
    told = replay(demo, shown["id"])
    assert told.status_code == 200
    assert told.json() == {"outcome": "done", "reason": "events=0 waiting=1", "events": 0}


def test_an_entry_that_does_not_exist_is_a_404(demo: Demo) -> None:
    assert replay(demo, "00000000-0000-8000-8000-000000000000").json()["code"] == "entry.unknown"


def entry(demo: Demo, reason: str) -> dict[str, Any]:
    return next((each for each in demo.items("quarantine") if each["reason"] == reason), {})


def replay(demo: Demo, name: str) -> httpx.Response:
    return httpx.post(f"{demo.url}/api/v1/quarantine/{name}/replay", timeout=LONGEST_SECONDS)


def epihub(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [EPIHUB, *arguments], capture_output=True, text=True, timeout=LONGEST_SECONDS, check=False
    )


def test_the_command_lists_shows_and_replays_the_same_entries(demo: Demo) -> None:
    raw = b"MSH|^~\\&|STRANGER|X|EPIHUB|DN|20261122||ORU^R01|K2|P|2.5.1"
    assert b"\rMSA|AR|K2" in demo.mllp(raw)
    listed = epihub("quarantine", "list", "--data", demo.data)
    line = next(line for line in listed.stdout.splitlines() if "link.unmatched" in line)
    capture = line.split("/")[0]
    assert re.fullmatch(r"[0-9a-f]{32}", capture)
    until(lambda: entry(demo, "link.unmatched"), "the hub shows it too")
    assert entry(demo, "link.unmatched")["capture"] == capture
    shown = epihub("quarantine", "show", capture, "--data", demo.data)
    assert (shown.returncode, shown.stdout.encode().strip()) == (0, raw)
    again = epihub("quarantine", "replay", "--data", demo.data)
    assert again.returncode == 0
    assert "of unknown senders" in again.stderr
    named = epihub("quarantine", "replay", capture, "--device", "cfx96-01", "--data", demo.data)
    assert (named.returncode, named.stdout.strip()) == (0, "0 new events, 1 still wait")


@pytest.mark.parametrize("command", ["demo", "up"])
def test_a_second_one_on_the_same_data_is_refused_and_the_first_goes_on(
    demo: Demo, tmp_path: Path, command: str
) -> None:
    config = tmp_path / "epihub.toml"
    config.write_text(
        f'[hub]\nname = "x"\ndata_dir = "{demo.data}"\n'
        '[[site]]\nid = "a"\nname = "A"\nkind = "clinic"\ndistrict = "731"\n',
        "utf-8",
    )
    options = ("--data", demo.data, "--port-base", str(free_row(ROW)))
    second = epihub(command, *(options if command == "demo" else ("--config", config)))
    assert second.returncode == REFUSED
    assert f"{demo.data} is in use by another epihub (process {demo.terminal.process.pid})" in second.stderr
    assert "Traceback" not in second.stderr
    count = len(demo.all_results())
    until(lambda: len(demo.all_results()) > count, "the first one goes on")


@pytest.mark.browser
@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_pages_show_what_the_devices_send_now(demo: Demo, browser: Browser, language: str) -> None:
    pages = {path: watch(browser, demo.url, language) for path in ("/", "/results", "/cold-chain")}
    for path, watched in pages.items():
        watched.page.goto(demo.url + path)
    older = {each["specimen"] for each in demo.all_results()}
    for path in ("/", "/results"):  # without a reload; each shows the newest ones only
        page = pages[path].page
        until(lambda page=page: specimens(page) - older, f"a new result on {path}")  # type: ignore[misc]
        assert specimens(page) <= {each["specimen"] for each in demo.all_results()}
    for plan in PROVINCE.fridges:
        card = pages["/cold-chain"].page.locator(".eh-card", has_text=plan.id)
        expect(card.first).to_contain_text("°C")
    assert [wrong for watched in pages.values() for wrong in watched.wrong] == []
    for watched in pages.values():
        watched.page.context.close()


def test_visitors_who_leave_before_the_answer_are_no_error(demo: Demo) -> None:
    """The last test reads the terminal."""
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", demo.base), timeout=LONGEST_SECONDS) as line:
            line.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % demo.base)
    assert demo.get("/").status_code == 200


def specimens(page: Page) -> set[str]:
    """Specimen ids on a page, as the simulated analyzers make them."""
    return set(re.findall(r"(?<![\w-])(?:QC-)?[A-Z]{2}[0-9A-F]{7}-[0-9]{5}\b", page.inner_text("body")))


def test_the_terminal_stays_quiet(demo: Demo) -> None:
    """Last of all: what it went through above is no warning either."""
    until(lambda: demo.terminal.age_seconds > QUIET_SECONDS, "it has run for a while")
    head, last, rest = demo.terminal.screen.partition("stops everything\n")
    assert last
    assert head.strip().startswith("epihub · tỉnh Đồng Nai mô phỏng / simulated Đồng Nai")
    assert rest.strip() == ""
