"""``epihub demo``: the simulated province on embedded parts, with its own data directory."""

import os
import secrets
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

import typer

from hub import logs
from hub.cli.demo_lots import place_lots
from hub.cli.demo_people import lay_lists
from hub.cli.start import serve
from hub.config.loader import parse
from hub.config.models import Config
from hub.runtime.child import Child
from hub.runtime.node import NeededPort, Node
from hub.runtime.wiring import Wiring
from hub.vault import KEYS, Vault

GATES_OFFSET, CAMERAS_OFFSET = 4, 5  # of their ports from --port-base: design 7
FOOTAGE = "footage"  # of the cameras, in the data directory: made once
PAST_MINUTES = 129  # of the fridges: a first look shows curves, and a leak is an incident 3 minutes later


def run_demo(data: Path, port_base: int | None) -> None:
    """Serve until Ctrl-C; raises OperatorError when the ports or the directory are taken."""
    began = time.monotonic()
    config = demo_config(data, port_base)
    logs.setup(config.log.format, "warning")
    Vault(config.hub.data_dir / KEYS).make_province_key()
    lay_lists(config.hub)
    extra = {"simulators": _simulators(config)}
    if _is_new(config):
        extra["lots"] = lambda _: place_lots(config.hub.data_dir, node.ready)
    node = Node(config, frozenset({"edge", "hub"}), extra=extra, ports=needed_ports(config))
    serve(node, lambda: _tell(config, time.monotonic() - began))


def demo_config(data: Path, port_base: int | None) -> Config:
    """The province's configuration, keeping its data in ``data``."""
    from simulators import province
    from simulators.gates.demo_gates import demo_gates_toml, demo_trust_list

    os.environ.setdefault(province.MQTT_PASSWORD_ENV, secrets.token_urlsafe(24))
    name, trusted = demo_trust_list()
    data.mkdir(parents=True, exist_ok=True)
    (data / name).write_text(trusted, "utf-8")
    gates = demo_gates_toml(province.GATE_PORT if port_base is None else port_base + GATES_OFFSET)
    tables = f"{province.demo_config(port_base)}\n{gates}\n{_cameras_toml(port_base)}"
    config = parse(tables, "demo", base=data.resolve())
    hub = config.hub.model_copy(update={"data_dir": data.resolve()})
    return config.model_copy(update={"hub": hub})


def _cameras_toml(port_base: int | None) -> str:
    """Empty where the extra ``camera`` is not installed: a demo goes on without cameras."""
    from simulators.cameras.camera_command import footage_can_be_made
    from simulators.cameras.demo_cameras import PASSWORD_ENV, demo_cameras_toml
    from simulators.province import CAMERA_PORT

    if not footage_can_be_made():
        return ""
    os.environ.setdefault(PASSWORD_ENV, secrets.token_urlsafe(24))
    return demo_cameras_toml(CAMERA_PORT if port_base is None else port_base + CAMERAS_OFFSET)


def _simulators(config: Config) -> Callable[[Wiring], Awaitable[None]]:
    arguments = simulator_arguments(config)

    async def run(_wiring: Wiring) -> None:
        await Child("simulators", "simulators", arguments, quiet=True).run()

    return run


def simulator_arguments(config: Config) -> list[str]:
    """The command line of the province's simulators; a store that is there has its own past."""
    from simulators.province import MQTT_PASSWORD_ENV, MQTT_USER

    arguments = [
        "province",
        "--mllp", _listener(config, "hl7_mllp"),
        "--gates", _listener(config, "gate_tcp"),
        "--mqtt", f"{config.bus.host}:{config.bus.port}",
        "--mqtt-user", MQTT_USER,
        "--mqtt-password-env", MQTT_PASSWORD_ENV,
        "--intake", f"http://{config.api.host}:{config.api.port}",
    ]  # fmt: skip
    if cameras := _camera_listener(config):
        arguments += ["--cameras", cameras, "--footage", str(config.hub.data_dir / FOOTAGE)]
    if _is_new(config):  # what an earlier run measured is no other past
        arguments += ["--past-minutes", str(PAST_MINUTES), "--intake-history"]
    return arguments


def _is_new(config: Config) -> bool:
    return not (config.hub.data_dir / "store.db").exists()


def needed_ports(config: Config) -> list[NeededPort]:
    """All of them: a real hub goes on without one device's port, a demo would show half a province."""
    remedy = "epihub demo --port-base N takes the ports from N on"
    mllp_host, _, mllp_port = _listener(config, "hl7_mllp").rpartition(":")
    gate_host, _, gate_port = _listener(config, "gate_tcp").rpartition(":")
    cameras = _camera_listener(config)
    ports = [
        NeededPort("API and console", config.api.host, config.api.port, remedy),
        NeededPort("the MQTT broker", config.bus.host, config.bus.port, remedy),
        NeededPort("the MLLP listener", mllp_host, int(mllp_port), remedy),
        NeededPort("the gates' listener", gate_host, int(gate_port), remedy),
    ]
    if cameras:
        host, _, port = cameras.rpartition(":")
        ports.append(NeededPort("the simulated cameras", host, int(port), remedy))
    return ports


def _listener(config: Config, kind: str) -> str:
    """host:port of the one listener of all devices of a kind."""
    told = next(device for device in config.devices if device.kind == kind).model_dump()
    return f"{told['host']}:{told['port']}"


def _camera_listener(config: Config) -> str:
    """host:port that the cameras share; empty: there are none."""
    told = [device.model_dump() for device in config.devices if device.kind == "rtsp"]
    return urlsplit(str(told[0]["url"])).netloc if told else ""


def _tell(config: Config, seconds: float) -> None:
    kinds = [device.kind for device in config.devices]
    address = f"http://{config.api.host}:{config.api.port}"
    mllp, gates = _listener(config, "hl7_mllp"), _listener(config, "gate_tcp")
    fridges, cameras = kinds.count("cold_mqtt"), kinds.count("rtsp")
    watched = (
        (f"  rtsp://{_camera_listener(config)}            {cameras} camera / cameras",) if cameras else ()
    )
    lines = (
        "",
        f"epihub · tỉnh Đồng Nai mô phỏng / simulated Đồng Nai · {seconds:.1f} s",
        f"  {address}",
        "    bảng điều khiển / console          (mở trong trình duyệt / open in a browser)",
        f"  {address}/api/v1/results    REST",
        f"  mqtt://{config.bus.host}:{config.bus.port}            MQTT broker (NATS)",
        f"  mllp://{mllp}            {kinds.count('hl7_mllp')} máy xét nghiệm / analyzers",
        f"  tcp://{gates}             {kinds.count('gate_tcp')} cổng quét mã / gates",
        *watched,
        f"  {fridges} tủ lạnh vắc xin / vaccine fridges at {len(config.sites)} địa điểm / sites",
        f"  dữ liệu / data: {config.hub.data_dir}",
        "  Ctrl-C dừng tất cả / stops everything",
        "",
    )
    typer.echo("\n".join(lines))
