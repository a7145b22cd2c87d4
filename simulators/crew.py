"""Builds the devices that a command line asks for, and says how they are getting on."""

import argparse
import os
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from simulators.cold_chain.bridge_life import Pace
from simulators.cold_chain.fridge import SimulatedFridge
from simulators.cold_chain.zigbee_fridge import ZigbeeBridge
from simulators.lab.analyzer import RunSource, SimulatedAnalyzer
from simulators.lab.astm_faults import Faults
from simulators.lab.astm_sender import AstmSender, open_line, open_tcp
from simulators.lab.mllp_client import MllpSender
from simulators.province import AnalyzerPlan, FridgePlan, load_province
from simulators.truth import TruthFile

Notice = Callable[[str], None]
FIRST_RESULT_SECONDS = 1.0  # the analyzers begin within this time, spread evenly


class SetupError(Exception):
    """The command line asks for something that is not there; the text says what."""


@dataclass(frozen=True, slots=True)
class Crew:
    """The devices of one simulation."""

    analyzers: tuple[SimulatedAnalyzer, ...] = ()
    fridges: tuple[SimulatedFridge, ...] = ()
    bridge: ZigbeeBridge | None = None
    pace: Pace = field(default_factory=Pace)

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
        return " · ".join(parts)


def _lab_progress(analyzers: Sequence[SimulatedAnalyzer]) -> str:
    counts = [analyzer.sender.counts for analyzer in analyzers]
    return (
        f"results: {sum(c.sent for c in counts)} sent, {sum(c.accepted for c in counts)} accepted, "
        f"{sum(c.resent for c in counts)} resent, {sum(c.rejected for c in counts)} rejected"
    )


def build_crew(options: argparse.Namespace, truth: TruthFile, notice: Notice) -> Crew:
    """The devices for ``options`` (see ``simulators.options``); raises SetupError."""
    seed = random.SystemRandom().randrange(2**31) if options.seed is None else options.seed
    if options.family == "lab":
        return Crew(analyzers=_lab(options, seed, truth, notice))
    if options.family == "cold-chain":
        address, user = (options.host, options.port), (options.user, options.password_env)
        return _cold(options, seed, truth, notice, address, user)
    address, user = options.mqtt, (options.mqtt_user, options.mqtt_password_env)
    cold = _cold(options, seed, truth, notice, address, user)
    plans = load_province().analyzers
    analyzers = _analyzers(plans, options.mllp, seed, truth, notice)
    return Crew(analyzers, cold.fridges, cold.bridge, cold.pace)


def _lab(
    options: argparse.Namespace, seed: int, truth: TruthFile, notice: Notice
) -> tuple[SimulatedAnalyzer, ...]:
    if options.astm or options.serial:
        analyzers = _astm(options, seed, truth, notice)
    else:
        analyzers = _hl7(options, seed, truth, notice)
    for analyzer in analyzers:
        analyzer.limit = options.count
        if options.rate is not None:
            analyzer.pause_seconds = _pause(options.rate, len(analyzers))
    return analyzers


def _astm(
    options: argparse.Namespace, seed: int, truth: TruthFile, notice: Notice
) -> tuple[SimulatedAnalyzer, ...]:
    """GeneXperts, all of the first plan; a serial line has room for one."""
    plan = next(plan for plan in load_province().analyzers if plan.profile == "genexpert")
    line = options.serial or "{}:{}".format(*options.astm)

    def analyzer(index: int) -> SimulatedAnalyzer:
        rng = random.Random(f"faults {seed} {index}")
        way = partial(open_line, options.serial) if options.serial else partial(open_tcp, *options.astm)
        sender = AstmSender(line, way, Faults(options.faults, rng), notice=_named(notice, plan.id))
        source = RunSource(plan, seed, index, options.canary)
        return SimulatedAnalyzer(source, sender, truth, plan.pause_seconds, as_astm=True)

    return tuple(analyzer(index) for index in range(1 if options.serial else options.analyzers))


def _hl7(
    options: argparse.Namespace, seed: int, truth: TruthFile, notice: Notice
) -> tuple[SimulatedAnalyzer, ...]:
    plans = load_province().analyzers
    if options.canary:  # a run message names no patient
        plans = tuple(plan for plan in plans if plan.message == "oru")
    plans = tuple(plans[number % len(plans)] for number in range(options.analyzers))
    return _analyzers(plans, (options.host, options.port), seed, truth, notice, canary=options.canary)


def _pause(rate: float, analyzers: int) -> tuple[float, float]:
    """Pauses of one analyzer, so that all together come to about ``rate`` messages a second."""
    mean = analyzers / rate if rate > 0 else 0.0
    return (0.5 * mean, 1.5 * mean)


def _analyzers(
    plans: Sequence[AnalyzerPlan],
    address: tuple[str, int],
    seed: int,
    truth: TruthFile,
    notice: Notice,
    *,
    canary: bool = False,
) -> tuple[SimulatedAnalyzer, ...]:
    return tuple(
        SimulatedAnalyzer(
            RunSource(plan, seed, index, canary),
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
    plans: tuple[FridgePlan, ...] = load_province().fridges[: getattr(options, "fridges", None)]
    bridge = ZigbeeBridge(
        *address,
        truth,
        client_id=f"zigbee2mqtt-{seed & 0xFFFFFFFF:08x}",
        user=user[0],
        password=_password(user[1]) if user[0] else None,
        notice=_named(notice, "zigbee2mqtt"),
    )
    fridges = tuple(SimulatedFridge(plan, seed) for plan in plans)
    return Crew(fridges=fridges, bridge=bridge, pace=Pace(options.fridge_seconds, options.speed))


def _password(variable: str | None) -> str:
    if not variable or variable not in os.environ:
        raise SetupError(f"a user needs a password: set the environment variable {variable or 'VAR'}")
    return os.environ[variable]
