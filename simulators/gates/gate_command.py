"""``epihub simulate gate``: from its command line to a run, or to a comparison."""

import argparse
import asyncio
import os
import random
from collections.abc import Callable
from datetime import UTC, datetime

from simulators.gates.certificate_issuer import Issuer, trust_list
from simulators.gates.gate_comparison import compared_in_time, read_truth
from simulators.gates.gate_life import Habits
from simulators.gates.gate_plan import GateLines, GatePlan, gates
from simulators.gates.gate_rules import RULES
from simulators.gates.gate_run import GateRun, gate_run
from simulators.gates.gate_settings import gates_toml
from simulators.gates.gate_truth import GateTruth
from simulators.gates.gate_wires import GateWires
from simulators.gates.list_tables import write_tables
from simulators.gates.zone_life import Stay
from simulators.gates.zone_people import World
from simulators.hub_log import CannotCompare
from simulators.province import GATE_PORT
from simulators.setup_error import SetupError
from simulators.timed_run import run_for
from simulators.truth import TruthFile

Notice = Callable[[str], None]


def run_gates(options: argparse.Namespace, notice: Notice) -> int:
    """The exit status; raises SetupError and OSError."""
    if options.compare:
        return _compare(options, notice)
    if options.trust_list or options.tables:
        _write_what_a_hub_needs(options)
        return 0
    lines = _lines(options)
    plans = _plans(options, lines)
    if options.devices:
        notice(gates_toml(plans, lines))
        return 0
    with TruthFile(options.truth) as file:
        asyncio.run(_simulate(options, lines, plans, file, notice))
    return 0


def _write_what_a_hub_needs(options: argparse.Namespace) -> None:
    if options.trust_list:
        options.trust_list.write_text(trust_list([Issuer()]), "utf-8")
    if options.tables:
        if options.seed is None:
            raise SetupError("--tables needs --seed, the one that the gates are then run with")
        write_tables(options.tables, World(options.people, options.seed, datetime.now(UTC)).people())


def _compare(options: argparse.Namespace, notice: Notice) -> int:
    if options.truth is None:
        raise SetupError("--compare needs --truth FILE")
    try:
        truth, key = read_truth(options.truth), _secret(options.key_env)
        result = compared_in_time(truth, options.compare.rstrip("/"), key, options.wait_seconds, notice)
    except CannotCompare as error:
        raise SetupError(str(error)) from error
    for line in result.lines():
        notice(line)
    return 1 if result.wrong else 0


def _lines(options: argparse.Namespace) -> GateLines:
    """TCP on this machine where nothing is named."""
    named = options.tcp or options.listen or options.serial or options.url
    tcp = options.tcp if named else ("127.0.0.1", GATE_PORT)
    url = options.url.rstrip("/") if options.url else None
    return GateLines(tcp, options.listen, tuple(options.serial), url)


def _plans(options: argparse.Namespace, lines: GateLines) -> tuple[GatePlan, ...]:
    """Raises SetupError."""
    most = round(options.skew_minutes * 60)
    plans = gates(options.gates, options.sites, lines, RULES[options.rules], (most, -most, most // 2))
    if len(plans) < options.gates:
        raise SetupError(f"a serial line carries one gate: {len(plans)} have room on these lines")
    return plans


async def _simulate(
    options: argparse.Namespace,
    lines: GateLines,
    plans: tuple[GatePlan, ...],
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
    lines: GateLines,
    plans: tuple[GatePlan, ...],
    file: TruthFile,
    notice: Notice,
) -> GateRun:
    seed = random.SystemRandom().randrange(2**31) if options.seed is None else options.seed
    world = World(
        options.people,
        seed,
        datetime.now(UTC),
        Habits(options.wrong, options.doubled, options.backlog),
        Stay(options.stay_seconds),
        options.rate,
        options.endless,
    )
    return gate_run(plans, world, GateWires(lines, _secret(options.key_env), notice), GateTruth(file))


def _secret(variable: str | None) -> str:
    if variable and variable not in os.environ:
        raise SetupError(f"set the environment variable {variable}")
    return os.environ[variable] if variable else ""
