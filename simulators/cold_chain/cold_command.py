"""``epihub simulate cold-chain``: from its command line to a run, or to a comparison."""

import argparse
import asyncio
import os
import random
from collections.abc import Callable
from datetime import UTC, datetime

from simulators.cold_chain.cold_run import ColdRun, Unit, Wires
from simulators.cold_chain.modbus_slaves import ModbusSlaves
from simulators.cold_chain.mqtt_line import MqttLine
from simulators.cold_chain.scenario import ScenarioError, faults_of
from simulators.cold_chain.truth_comparison import CannotCompare, compared_in_time, read_truth
from simulators.cold_chain.unit_lines import FolderLine, HttpLine
from simulators.cold_chain.unit_plan import MOST_SLAVES, Lines, UnitPlan, fleet
from simulators.cold_chain.unit_settings import units_toml
from simulators.cold_chain.world_clock import WorldClock
from simulators.province import MQTT_PORT
from simulators.setup_error import SetupError
from simulators.timed_run import run_for
from simulators.truth import TruthFile

Notice = Callable[[str], None]
WITHOUT_END_DAYS = 400.0  # so far faults are planned where no duration is named


def run_cold_chain(options: argparse.Namespace, notice: Notice) -> int:
    """The exit status; raises SetupError and OSError."""
    if options.compare:
        return _compare(options, notice)
    lines = _lines(options)
    plans = fleet(options.units, min(options.sites, options.units), lines.talkers, options.every_minutes)
    if options.devices:
        notice(units_toml(plans, lines))
        return 0
    with TruthFile(options.truth) as file:
        asyncio.run(_simulate(options, lines, plans, file, notice))
    return 0


def _compare(options: argparse.Namespace, notice: Notice) -> int:
    if options.truth is None:
        raise SetupError("--compare needs --truth FILE")
    try:
        truth = read_truth(options.truth)
        key = _secret(options.key_env) or ""
        result = compared_in_time(truth, options.compare.rstrip("/"), key, options.wait_seconds, notice)
    except CannotCompare as error:
        raise SetupError(str(error)) from error
    for line in result.lines():
        notice(line)
    return 1 if result.wrong else 0


def _lines(options: argparse.Namespace) -> Lines:
    """The broker where its port is named, or nothing else is."""
    others = options.url or options.folder or options.modbus_port is not None
    mqtt = None if options.port is None and others else (options.host, options.port or MQTT_PORT)
    modbus = None if options.modbus_port is None else ("127.0.0.1", options.modbus_port)
    if modbus and options.units > MOST_SLAVES:
        raise SetupError(f"a gateway has {MOST_SLAVES} slaves at most: fewer --units with --modbus-port")
    return Lines(mqtt, options.url.rstrip("/") if options.url else None, options.folder, modbus)


async def _simulate(
    options: argparse.Namespace,
    lines: Lines,
    plans: tuple[UnitPlan, ...],
    file: TruthFile,
    notice: Notice,
) -> None:
    run = _run_of(options, lines, plans, file, notice)
    try:
        await run_for(run, options.seconds, notice, while_stdin_open=options.while_stdin_open)
    finally:
        file.write(run.summary())
        notice(run.progress())


def _run_of(
    options: argparse.Namespace,
    lines: Lines,
    plans: tuple[UnitPlan, ...],
    file: TruthFile,
    notice: Notice,
) -> ColdRun:
    seed = random.SystemRandom().randrange(2**31) if options.seed is None else options.seed
    start = options.start or datetime.now(UTC)
    start_ms = int(start.timestamp()) * 1000
    end_ms = None if options.duration is None else start_ms + int(options.duration * 1000)
    days = WITHOUT_END_DAYS if options.duration is None else options.duration / 86400
    try:
        faults = faults_of(options.scenario, plans, seed, days)
    except ScenarioError as error:
        raise SetupError(str(error)) from error
    units = [Unit.of(plan, faults[plan.id], seed, start_ms) for plan in plans]
    clock = WorldClock(start_ms, options.speed, end_ms)
    return ColdRun(units, _wires(options, lines, seed, notice), clock, file)


def _wires(options: argparse.Namespace, lines: Lines, seed: int, notice: Notice) -> Wires:
    wires = Wires()
    if lines.mqtt is not None:
        password = _secret(options.password_env)
        if options.user and password is None:
            raise SetupError("a user needs a password: --password-env VAR")
        wires.mqtt = MqttLine(
            *lines.mqtt, client_id=f"units-{seed & 0xFFFFFFFF:08x}", user=options.user, password=password,
            notice=notice,
        )  # fmt: skip
    if lines.url is not None:
        wires.http = HttpLine(lines.url, _secret(options.key_env) or "", notice)
    if lines.folder is not None:
        wires.folder = FolderLine(lines.folder_of)
    if lines.modbus is not None:
        wires.modbus = ModbusSlaves(*lines.modbus)
    return wires


def _secret(variable: str | None) -> str | None:
    if variable and variable not in os.environ:
        raise SetupError(f"set the environment variable {variable}")
    return os.environ[variable] if variable else None
