"""The demo's cameras: a hub takes their settings; a demo without the extra has none."""

from itertools import pairwise
from pathlib import Path

import pytest

from hub.cli import demo
from hub.cli.demo import demo_config, simulator_arguments
from simulators.cameras import camera_command
from simulators.cameras.camera_faults import settled
from simulators.cameras.demo_cameras import demo_cameras, demo_episodes

pytest.importorskip("av")
pytest.importorskip("cv2")


def test_a_hub_takes_the_cameras_on_the_sixth_port(tmp_path: Path) -> None:
    config = demo_config(tmp_path / "data", 20_000)
    cameras = [device for device in config.devices if device.kind == "rtsp"]
    assert [camera.id for camera in cameras] == [plan.id for plan in demo_cameras("")]
    assert len({camera.site for camera in cameras}) == 2
    arguments = simulator_arguments(config)
    assert arguments[arguments.index("--cameras") + 1] == "127.0.0.1:20005"
    assert "127.0.0.1 20005" in {f"{port.host} {port.port}" for port in demo.needed_ports(config)}


def test_without_the_extra_the_demo_has_no_cameras_and_says_nothing_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(camera_command, "footage_can_be_made", lambda: False)
    config = demo_config(tmp_path / "data", 20_000)
    assert "rtsp" not in {device.kind for device in config.devices}
    assert "--cameras" not in simulator_arguments(config)
    assert 20_005 not in {port.port for port in demo.needed_ports(config)}


def test_something_happens_to_one_of_them_by_turns() -> None:
    episodes = demo_episodes()
    assert {episode.camera for episode in episodes} == {demo_cameras("")[-1].id}
    assert [episode.fault for episode in episodes[:4]] == ["stall", "covered", "moved", "stall"]
    assert all(one.begins + one.lasts < next_one.begins for one, next_one in pairwise(episodes))
    assert all(settled(episode.fault, episode.how) is not None for episode in episodes[:3])
