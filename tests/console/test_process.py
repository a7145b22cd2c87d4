"""The API as a process: ready soon, light, gone soon."""

import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil
import pytest
from playwright.sync_api import Browser

from api.settings import settings_to_json
from tests.api.province import settings
from tests.console.conftest import LONGEST_SECONDS, Running, end, start_server, wait_for_health, watch
from tests.ports import free_port

pytestmark = pytest.mark.slow
LARGEST_RESIDENT_BYTES = 115 << 20


def test_it_is_light_and_alone(running: Running) -> None:
    process = psutil.Process(running.process.pid)
    assert process.memory_info().rss < LARGEST_RESIDENT_BYTES
    assert process.children(recursive=True) == []


def test_no_heavy_library_comes_along() -> None:
    heavy = "pandas numpy matplotlib plotly cv2 av reportlab openpyxl polars IPython webview"
    code = f"import sys, api.serving, api.console.mount; print(set({heavy.split()!r}) & set(sys.modules))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "set()"


@pytest.mark.browser
def test_it_ends_within_three_seconds_with_streams_and_pages_open(running: Running, browser: Browser) -> None:
    watched = watch(browser, running.url)
    watched.page.goto(running.url)
    watched.see("TN2611-0059")
    with (
        httpx.Client(timeout=LONGEST_SECONDS) as client,
        client.stream("GET", f"{running.url}/api/v1/stream") as answer,
    ):
        next(answer.iter_raw())
        began = time.monotonic()
        running.process.terminate()
        running.process.wait(10)
        assert time.monotonic() - began < 3


def test_before_the_store_exists_it_answers_and_is_not_ready(tmp_path: Path) -> None:
    told = settings(tmp_path, tmp_path / "hub.sock", port=free_port(), console=True)
    process = start_server(settings_to_json(told))
    url = f"http://127.0.0.1:{told.port}"
    try:
        wait_for_health(url, process)
        answer = httpx.get(f"{url}/readyz", timeout=LONGEST_SECONDS)
        assert answer.status_code == 503
        assert set(answer.json()["components"]) == {"hub", "store_reader"}
        assert httpx.get(f"{url}/api/v1/results", timeout=LONGEST_SECONDS).status_code == 503
        assert httpx.get(url, timeout=LONGEST_SECONDS).status_code == 200
    finally:
        end(process)


@pytest.mark.parametrize("body", [b"{", b'{"port": "x"}', b""])
def test_settings_that_cannot_be_used_end_it_with_2(body: bytes) -> None:
    command = [sys.executable, "-m", "api.server", "--settings", "-"]
    done = subprocess.run(command, input=body, capture_output=True, timeout=LONGEST_SECONDS, check=False)
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr


def test_off_loopback_it_wants_tls_or_the_flag(tmp_path: Path) -> None:
    told = settings_to_json(settings(tmp_path, tmp_path / "s", host="0.0.0.0", port=free_port()))
    command = [sys.executable, "-m", "api.server", "--settings", "-"]
    done = subprocess.run(command, input=told, capture_output=True, timeout=LONGEST_SECONDS, check=False)
    assert done.returncode == 2
    assert b"allow_plain" in done.stderr
