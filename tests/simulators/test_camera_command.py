"""``epihub simulate camera``, as it is typed."""

import asyncio
import json
import os
import signal
import sys
import tomllib
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path

import pytest

pytest.importorskip("av")
pytest.importorskip("cv2")

import av

from simulators.run import main
from tests.fire.patience import until
from tests.ports import free_port, free_ports

COMMAND = (sys.executable, "-m", "simulators", "camera")


def test_the_hub_side_is_shown_for_all_cameras(capsys: pytest.CaptureFixture[str]) -> None:
    told = [
        "camera",
        "--devices",
        "--cameras",
        "5",
        "--sites",
        "2",
        "--user",
        "viewer",
        "--password-env",
        "VAR",
    ]
    assert main(told) == 0
    found = tomllib.loads(capsys.readouterr().out)
    assert [site["id"] for site in found["site"]] == ["diem-001", "diem-002"]
    assert found["device"][0]["url"] == "rtsp://127.0.0.1:8554/camera-001"
    assert found["device"][4]["password"] == {"env": "VAR"}


def test_cameras_apart_have_ports_of_their_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["camera", "--devices", "--cameras", "3", "--apart", "--port", "9000"]) == 0
    urls = [device["url"] for device in tomllib.loads(capsys.readouterr().out)["device"]]
    assert urls == [f"rtsp://127.0.0.1:{9000 + number}/camera-{number + 1:03d}" for number in range(3)]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--user", "viewer"], "go together"),
        (["--user", "viewer", "--password-env", "EPIHUB_NOT_THERE"], "EPIHUB_NOT_THERE"),
        (["--compare", "http://127.0.0.1:1"], "--truth"),
        (["--faults", "/nowhere/plan.toml"], "plan.toml"),
    ],
)
def test_what_cannot_be_is_told(arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["camera", "--port", str(free_port()), *arguments]) == 2
    assert told in capsys.readouterr().err


@pytest.mark.slow
async def test_a_run_serves_has_its_faults_and_writes_the_truth(tmp_path: Path) -> None:
    plan = '[[fault]]\ncamera = "camera-002"\nfault = "black"\nafter = 0\nlasts = 0.1\n'
    (tmp_path / "plan.toml").write_text(plan, "utf-8")
    port, truth = free_port(), tmp_path / "truth.jsonl"
    told = [
        "--port",
        str(port),
        "--cameras",
        "2",
        "--size",
        "160x96",
        "--rate",
        "25",
        "--keyframe-seconds",
        "0.2",
    ]
    files = [
        "--truth",
        str(truth),
        "--faults",
        str(tmp_path / "plan.toml"),
        "--footage",
        str(tmp_path / "footage"),
    ]
    process = await asyncio.create_subprocess_exec(*COMMAND, *told, *files, stdout=DEVNULL)
    try:
        await until(lambda: "ends" in _kinds(truth), "the fault is over")
        assert await asyncio.to_thread(_width, f"rtsp://127.0.0.1:{port}/camera-001") == 160
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 30) == 0
    finally:
        if process.returncode is None:
            process.kill()
    assert _kinds(truth) == ["camera", "camera", "begins", "ends", "counts"]
    assert len(list((tmp_path / "footage").iterdir())) == 3


def _width(url: str) -> int:
    with av.open(url, options={"rtsp_transport": "tcp"}) as container:
        return next(container.decode(video=0)).width


def _kinds(truth: Path) -> list[str]:
    """Of the whole lines: one may just be written."""
    text = truth.read_text("utf-8") if truth.exists() else ""
    return [json.loads(line)["kind"] for line in text.splitlines(keepends=True) if line.endswith("\n")]


@pytest.mark.slow
async def test_other_devices_of_a_province_go_on_where_cameras_cannot(tmp_path: Path) -> None:
    """Where their footage belongs there is a file. Analyzers try to reach a hub that is not there, still."""
    (tmp_path / "footage").write_text("no folder")
    ports = [f"127.0.0.1:{port}" for port in free_ports(4)]
    told = ["--mllp", ports[0], "--mqtt", ports[1], "--gates", ports[2], "--cameras", ports[3]]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "simulators", "province", *told, "--footage", str(tmp_path / "footage")),
        stdout=DEVNULL,
        stderr=PIPE,
        env=os.environ | {"EPIHUB_CAMERA_PASSWORD": "x", "EPIHUB_SENSOR_PASSWORD": "x"},
    )
    try:
        assert process.stderr is not None
        told_error = b""
        while b"cameras: footage could not be made" not in told_error:
            told_error = await asyncio.wait_for(process.stderr.readline(), 60)
            assert told_error, "it ended without a word"
        assert process.returncode is None
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 60) == 0
    finally:
        if process.returncode is None:
            process.kill()
