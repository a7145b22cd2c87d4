"""Builds the devices that a command line asks for, and says how they are getting on."""

import argparse
import os
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

from simulators.cold_chain.bridge_life import Pace
from simulators.cold_chain.fridge import SimulatedFridge
from simulators.cold_chain.zigbee_fridge import ZigbeeBridge
from simulators.lab.analyzer import RunSource, Sender, SimulatedAnalyzer
from simulators.lab.astm_sender import AstmSender, open_line, open_tcp
from simulators.lab.faults import FaultPlan, Faults, PlanError, read_plan
from simulators.lab.file_sender import FileSender
from simulators.lab.fleet import Lines, fleet
from simulators.lab.lis import Lis
from simulators.lab.mllp_client import MllpSender, RetryPolicy
from simulators.province import MLLP_PORT, AnalyzerPlan, FridgePlan, load_province
from simulators.setup_error import SetupError
from simulators.truth import TruthFile

if TYPE_CHECKING:
    from simulators.cameras.camera_run import CameraRun
    from simulators.gates.gate_run import GateRun
    from simulators.intake.intake_run import IntakeRun

Notice = Callable[[str], None]
FIRST_RESULT_SECONDS = 1.0  # the analyzers begin within this time, spread evenly


@dataclass(frozen=True, slots=True)
class Crew:
    """The devices of one simulation."""

    analyzers: tuple[SimulatedAnalyzer, ...] = ()
    fridges: tuple[SimulatedFridge, ...] = ()
    bridge: ZigbeeBridge | None = None
    pace: Pace = field(default_factory=Pace)
    gates: "GateRun | None" = None
    cameras: "CameraRun | None" = None
    intake: "IntakeRun | None" = None

    def progress(self) -> str:
        """One line of counts."""
        parts = []
        if self.analyzers:
            parts.append(_lab_progress(self.analyzers))
        if self.bridge is not None:
            counts = self.bridge.counts
            parts.append(
                f"readings: {counts.published} published, {counts.acknowledged} acknowledged, "
                f"{counts.refused} dropped"
            )
        if self.gates is not None:
            parts.append(self.gates.progress())
        if self.cameras is not None:
            parts.append(self.cameras.progress())
        if self.intake is not None:
            parts.append(self.intake.progress())
        return " · ".join(parts)

    def summary(self) -> dict[str, object] | None:
        """What the analyzers did, for the end of the truth file; None where there are none."""
        if not self.analyzers:
            return None
        counts: Counter[str] = Counter()
        faults: Counter[str] = Counter()
        for analyzer in self.analyzers:
            counts.update(asdict(analyzer.sender.counts))
            faults.update(analyzer.sender.faults.injected)
        return {"kind": "counts", **counts, "faults": dict(faults)}


def _lab_progress(analyzers: Sequence[SimulatedAnalyzer]) -> str:
    counts = [analyzer.sender.counts for analyzer in analyzers]
    return (
        f"messages: {sum(c.sent for c in counts)} sent, {sum(c.accepted for c in counts)} accepted, "
        f"{sum(c.resent for c in counts)} resent, {sum(c.rejected for c in counts)} rejected; "
        f"results: {sum(analyzer.results for analyzer in analyzers)}"
    )


def build_crew(options: argparse.Namespace, truth: TruthFile, notice: Notice) -> Crew:
    """The devices for ``options`` (see ``simulators.options``); raises SetupError."""
    seed = random.SystemRandom().randrange(2**31) if options.seed is None else options.seed
    if options.family == "lab":
        return Crew(analyzers=_lab(options, seed, truth, notice))
    address, user = options.mqtt, (options.mqtt_user, options.mqtt_password_env)
    cold = _cold(options, seed, truth, notice, address, user)
    plans = load_province().analyzers
    analyzers = _analyzers(plans, options.mllp, seed, truth, notice)
    gates, cameras = _gates(options.gates, truth, notice), _cameras(options, truth)
    intake = _intake(options, seed, notice)
    for analyzer in analyzers:
        analyzer.registry = intake.registry if intake else None
    return Crew(analyzers, cold.fridges, cold.bridge, cold.pace, gates, cameras, intake)


def _lab(
    options: argparse.Namespace, seed: int, truth: TruthFile, notice: Notice
) -> tuple[SimulatedAnalyzer, ...]:
    plan = _fault_plan(options.faults)
    lines, policy = lines_of(options), RetryPolicy(options.answer_seconds)
    analyzers = tuple(
        SimulatedAnalyzer(
            RunSource(each, seed, index, options.canary),
            _sender(each, lines, policy, Faults(plan, random.Random(f"faults {seed} {index}")), notice),
            truth,
            each.pause_seconds,
        )
        for index, each in enumerate(plans_of(options))
    )
    lis = Lis(options.orders.rstrip("/"), _key(options.key_env), policy) if options.orders else None
    for index, analyzer in enumerate(analyzers):
        analyzer.asking, analyzer.lis = options.asking, lis
        analyzer.choice = random.Random(f"asking {seed} {index}")
        analyzer.first_pause_seconds = index * FIRST_RESULT_SECONDS / len(analyzers)
        analyzer.limit = options.count
        if options.results is not None:
            analyzer.most_results = -(-options.results // len(analyzers))
        if options.rate is not None:
            analyzer.pause_seconds = _pause(options.rate, len(analyzers))
    return analyzers


def _key(variable: str | None) -> str:
    if variable and variable not in os.environ:
        raise SetupError(f"a key is needed: set the environment variable {variable}")
    return os.environ[variable] if variable else ""


def lines_of(options: argparse.Namespace) -> Lines:
    """MLLP where its port is named, or nothing else is."""
    others = options.astm or options.serial or options.folder
    mllp = None if options.port is None and others else (options.host, options.port or MLLP_PORT)
    return Lines(mllp, options.astm, options.serial, options.folder)


def plans_of(options: argparse.Namespace) -> tuple[AnalyzerPlan, ...]:
    """The demo's machines while they are enough, else a fleet of every model; raises SetupError."""
    demo = load_province().analyzers
    links = lines_of(options).links
    if options.canary:  # a run message names no patient
        marked = [plan for plan in demo if plan.message == "oru"]
        return tuple(marked[number % len(marked)] for number in range(options.analyzers))
    if links == {"mllp"} and options.analyzers <= len(demo):
        return demo[: options.analyzers]
    plans = fleet(options.analyzers, links)
    if len(plans) < options.analyzers:
        raise SetupError(f"at most {len(plans)} machines have room on these lines")
    return plans


def _fault_plan(faults: str) -> FaultPlan:
    """A share of all frames, or the path of a plan; raises SetupError."""
    try:
        share = float(faults)
    except ValueError:
        try:
            return read_plan(Path(faults))
        except PlanError as error:
            raise SetupError(str(error)) from error
    if not 0 <= share <= 1:
        raise SetupError(f"--faults {faults}: a share is from 0 to 1")
    return FaultPlan.even(share)


def _sender(plan: AnalyzerPlan, lines: Lines, policy: RetryPolicy, faults: Faults, notice: Notice) -> Sender:
    told = _named(notice, plan.id)
    match plan.link:
        case "astm" if lines.astm:
            host, port = lines.astm
            return AstmSender(f"{host}:{port}", partial(open_tcp, host, port), faults, policy, notice=told)
        case "serial" if lines.serial:
            way = partial(open_line, lines.serial)
            return AstmSender(lines.serial, way, faults, policy, notice=told)
        case "file":
            return FileSender(lines.folder_of(plan), policy, notice=told, faults=faults)
    host, port = lines.mllp or ("127.0.0.1", MLLP_PORT)
    address = plan.address if _is_loopback(host) else ""
    return MllpSender(host, port, policy, notice=told, faults=faults, address=address)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _pause(rate: float, analyzers: int) -> tuple[float, float]:
    """Pauses of one analyzer, so that all together come to about ``rate`` messages a second."""
    mean = analyzers / rate if rate > 0 else 0.0
    return (0.5 * mean, 1.5 * mean)


def _analyzers(
    plans: Sequence[AnalyzerPlan], address: tuple[str, int], seed: int, truth: TruthFile, notice: Notice
) -> tuple[SimulatedAnalyzer, ...]:
    return tuple(
        SimulatedAnalyzer(
            RunSource(plan, seed, index),
            MllpSender(*address, notice=_named(notice, plan.id)),
            truth,
            plan.pause_seconds,
            first_pause_seconds=index * FIRST_RESULT_SECONDS / len(plans),
        )
        for index, plan in enumerate(plans)
    )


def _named(notice: Notice, device: str) -> Notice:
    return lambda text: notice(f"{device}: {text}")


def _cold(
    options: argparse.Namespace,
    seed: int,
    truth: TruthFile,
    notice: Notice,
    address: tuple[str, int],
    user: tuple[str | None, str | None],
) -> Crew:
    plans: tuple[FridgePlan, ...] = load_province().fridges
    bridge = ZigbeeBridge(
        *address,
        truth,
        client_id=f"zigbee2mqtt-{seed & 0xFFFFFFFF:08x}",
        user=user[0],
        password=_password(user[1]) if user[0] else None,
        notice=_named(notice, "zigbee2mqtt"),
    )
    fridges = tuple(SimulatedFridge(plan, seed) for plan in plans)
    pace = Pace(options.fridge_seconds, options.speed, options.past_minutes)
    return Crew(fridges=fridges, bridge=bridge, pace=pace)


def _gates(address: tuple[str, int], truth: TruthFile, notice: Notice) -> "GateRun":
    from simulators.gates.demo_people import demo_run  # certificates: what analyzers alone need not load

    return demo_run(address, truth, notice)


def _cameras(options: argparse.Namespace, truth: TruthFile) -> "CameraRun | None":
    if options.cameras is None:
        return None
    from simulators.cameras.demo_run import demo_run

    if options.footage is None:
        raise SetupError("--cameras needs --footage DIR")
    return demo_run(options.cameras, options.footage, _password(options.camera_password_env), truth)


def _intake(options: argparse.Namespace, seed: int, notice: Notice) -> "IntakeRun | None":
    if not options.intake:
        return None
    from simulators.intake.intake_run import IntakeRun
    from simulators.intake.line import IntakeLine
    from simulators.intake.registry import SpecimenRegistry

    line = IntakeLine(options.intake.rstrip("/"), _key(options.intake_key_env))
    registry = SpecimenRegistry(line, random.Random(f"registry {seed}"))
    return IntakeRun(line, registry, options.intake_history, _named(notice, "intake"))


def _password(variable: str | None) -> str:
    if not variable or variable not in os.environ:
        raise SetupError(f"a user needs a password: set the environment variable {variable or 'VAR'}")
    return os.environ[variable]
