"""What a PCR run finds: pure draws from a random generator, before any message is written."""

import math
import random
from dataclasses import dataclass, replace
from typing import Literal

from simulators.lab.patients import Patient, draw_patient

Call = Literal["POS", "NEG", "INVALID", "ERROR", "NO_RESULT"]
FAILURES: tuple[Call, ...] = ("INVALID", "ERROR", "NO_RESULT")
LOWEST_CT, HIGHEST_CT = 13.0, 38.5


@dataclass(frozen=True, slots=True)
class AssayTarget:
    """One gene; codes are LOINC: presence, and cycle threshold."""

    name: str
    presence_code: str
    ct_code: str


@dataclass(frozen=True, slots=True)
class Assay:
    """A test as an analyzer offers it; a quantitative one gives a titer in place of targets.

    ``failures``: what may come instead of an answer, ``cancels``: which of them the machine marks X.
    ``channel``: the target's name where it is not the test's. ``tells_ct``: a titer comes with its Ct.
    ``tells_bound``: below the range it writes "< 20", not only that it is below. ``each_target``: the
    machine reports target by target and knows no test that holds them.
    """

    code: str
    text: str
    coding: str
    targets: tuple[AssayTarget, ...] = ()
    titer_range: tuple[float, float] | None = None
    failures: tuple[Call, ...] = FAILURES
    cancels: tuple[Call, ...] = ()
    channel: str = ""
    tells_ct: bool = False
    tells_bound: bool = False
    each_target: bool = False


ASSAYS = {
    "xpert-sars-cov-2": Assay(
        "94500-6",
        "SARS-CoV-2 RNA",
        "LN",
        (AssayTarget("E", "94315-9", "94509-7"), AssayTarget("N2", "94533-7", "94510-5")),
    ),
    "rt-pcr-n-orf1ab": Assay(
        "94500-6",
        "SARS-CoV-2 RNA",
        "LN",
        (AssayTarget("N", "94533-7", "94510-5"), AssayTarget("ORF1ab", "94559-2", "94511-3")),
    ),
    "cobas-hiv-1": Assay(
        "0BHIV1",
        "0BHIV1",
        "99ROC",
        titer_range=(20.0, 1e7),
        failures=("INVALID", "ERROR"),
        cancels=("ERROR",),
        tells_ct=True,
    ),
    "cobas-6800-hiv": Assay(
        "70241-5",
        "HIV",
        "LN",
        titer_range=(20.0, 1e7),
        failures=("INVALID",),
        cancels=("INVALID",),
        channel="HIV",
        tells_ct=True,
    ),
    "alinity-m-hiv-1": Assay(
        "1006",
        "HIV-1",
        "99ABT",
        titer_range=(20.0, 1e7),
        failures=("ERROR",),
        cancels=("ERROR",),
        tells_bound=True,
    ),
    "m2000-hiv-1": Assay(
        "HIV0.6ml",
        "HIV0.6ml",
        "",
        titer_range=(40.0, 1e7),
        failures=("ERROR",),
        cancels=("ERROR",),
        tells_bound=True,
    ),
    "quantstudio-sars-cov-2": Assay(
        "SARS-CoV-2",
        "SARS-CoV-2",
        "",
        (AssayTarget("N", "", ""), AssayTarget("ORF1ab", "", "")),
        failures=("INVALID",),
        each_target=True,
    ),
}


@dataclass(frozen=True, slots=True)
class TargetOutcome:
    """One gene's call and cycle threshold (None when it never crossed)."""

    target: AssayTarget
    call: Call
    ct: float | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """One specimen's result; a control has no patient. ``titer`` is in copies/mL, None when not measured;
    ``ct`` is that of the titer.

    ``order`` is the number of the order; "O-" and the specimen when it is empty.
    """

    specimen: str
    assay: Assay
    call: Call
    targets: tuple[TargetOutcome, ...] = ()
    titer: float | None = None
    patient: Patient | None = None
    comment: str = ""
    order: str = ""
    ct: float | None = None
    corrected: bool = False

    @property
    def control(self) -> bool:
        return self.patient is None

    @property
    def status(self) -> str:
        """F; X where the machine takes back what it could not measure; C of a correction."""
        if self.corrected:
            return "C"
        return "X" if self.call in self.assay.cancels else "F"

    @property
    def is_below(self) -> bool:
        """Found, but below what the test can count."""
        return self.assay.titer_range is not None and self.call == "POS" and self.titer is None


def draw_outcome(
    rng: random.Random, assay: Assay, specimen: str, positive_share: float, failure_share: float
) -> Outcome:
    """One patient's specimen: fails, is positive or negative with the shares given."""
    dice = rng.random()
    if dice < failure_share:
        call: Call = rng.choice(assay.failures)
    else:
        call = "POS" if dice < failure_share + positive_share else "NEG"
    return replace(_measured(rng, assay, specimen, call), patient=draw_patient(rng))


def draw_control(rng: random.Random, assay: Assay, specimen: str, call: Call) -> Outcome:
    """A control of known content; it belongs to no patient."""
    return _measured(rng, assay, specimen, call)


def draw_correction(rng: random.Random, first: Outcome) -> Outcome:
    """The same specimen, looked at again: the other answer."""
    call: Call = "NEG" if first.call == "POS" else "POS"
    again = _measured(rng, first.assay, first.specimen, call)
    return replace(again, patient=first.patient, order=first.order, corrected=True)


def _measured(rng: random.Random, assay: Assay, specimen: str, call: Call) -> Outcome:
    if assay.titer_range is not None:
        titer = _titer(rng, assay.titer_range, call)
        titer = round(titer) if titer and assay.tells_bound else titer  # those machines count whole copies
        return Outcome(specimen, assay, call, titer=titer, ct=_ct_of(titer) if assay.tells_ct else None)
    base = min(max(rng.gauss(25.5, 5.0), LOWEST_CT), HIGHEST_CT - 1.5)
    targets = tuple(_target(rng, target, call, base) for target in assay.targets)
    return Outcome(specimen, assay, call, targets if call in ("POS", "NEG") else ())


def _ct_of(titer: float | None) -> float | None:
    """Ten times as much is there 3.32 cycles earlier; 20 copies/mL at cycle 37."""
    return None if titer is None else round(37 - 3.32 * math.log10(titer / 20), 2)


def _target(rng: random.Random, target: AssayTarget, call: Call, base: float) -> TargetOutcome:
    ct = round(base + rng.uniform(-1.5, 1.5), 2) if call == "POS" else None
    return TargetOutcome(target, call, ct)


def _titer(rng: random.Random, limits: tuple[float, float], call: Call) -> float | None:
    """Two decimals of mantissa, as the machine prints it; None also for a positive below the range."""
    if call != "POS" or rng.random() < 0.15:
        return None
    low, high = limits
    return float(f"{low * (high / low) ** rng.random():.2E}")
