"""Marked patients, whose every trace can be searched for: the privacy test sends them through the hub."""

import random
from dataclasses import replace
from datetime import UTC, datetime

from simulators.lab.hl7_builder import Envelope, oru_r01
from simulators.lab.outcomes import ASSAYS, Outcome, draw_outcome
from simulators.lab.patients import Patient, national_id
from simulators.province import AnalyzerPlan, load_province

FAMILY, GIVEN = "NGUYỄN", "CANARY"
# What people type where the specimen's number belongs; None is a proper number.
SPECIMEN_HABITS = (
    None,
    "{national_id}",
    "{phone}",
    "{name}",
    "{name} {national_id}",
    "{hospital_number} {phone}",
)


def canary_messages(
    count: int, seed: int, plan: AnalyzerPlan | None = None, at: datetime | None = None
) -> list[tuple[str, bytes, tuple[str, ...]]]:
    """ORU^R01 messages of ``count`` marked patients: control id, ER7 bytes, identities that must not travel.

    Identities stand in PID, in the specimen (by turns), in NTE and in the operator. The same seed and
    ``at`` give the same bytes. ``plan`` is the sending analyzer, by default the province's first.
    """
    plan = plan or load_province().analyzers[0]
    at = at or datetime.now(UTC)
    return [_message(plan, at, seed, number) for number in range(1, count + 1)]


def canary_outcome(plan: AnalyzerPlan, seed: int, number: int) -> tuple[Outcome, tuple[str, ...]]:
    """The result of marked patient ``number``, and the identities its message holds."""
    rng = random.Random(f"canary {seed} {number}")
    patient = _patient(rng, number)
    name = f"{patient.family} {patient.given}"
    habit = SPECIMEN_HABITS[number % len(SPECIMEN_HABITS)]
    proper = f"{plan.specimen_prefix}-X{seed % 10_000}-{number:04d}"
    known = {
        "name": name,
        "national_id": patient.national_id,
        "phone": patient.phone,
        "hospital_number": patient.hospital_number,
    }
    specimen = proper if habit is None else habit.format(**known)
    comment = f"Người nhà {name} gọi {patient.phone}; CCCD {patient.national_id}; nhà {patient.street}"
    outcome = draw_outcome(rng, ASSAYS[plan.assay], specimen, plan.positive_share, plan.failure_share)
    identities = (name, patient.given, *list(known.values())[1:], patient.street)
    # Where people type the specimen's number by hand there is no work list: the order repeats it.
    return replace(outcome, patient=patient, comment=comment, order=specimen), identities


def _message(plan: AnalyzerPlan, at: datetime, seed: int, number: int) -> tuple[str, bytes, tuple[str, ...]]:
    outcome, identities = canary_outcome(plan, seed, number)
    envelope = Envelope(f"X{seed % 10_000}-{number:04d}", at, operator=f"{FAMILY} {GIVEN} {number:04d}")
    return envelope.control_id, oru_r01(plan, envelope, outcome), identities


def _patient(rng: random.Random, number: int) -> Patient:
    return Patient(
        family=FAMILY,
        given=f"{GIVEN} {number:04d}",
        national_id=national_id(1984, "F", rng.randint(100, 999) * 1000 + number % 1000),
        hospital_number=f"BNCANARY{number:04d}",
        phone=f"09{rng.randint(1000, 9999)}{number:04d}",
        birth="19840229",
        sex="F",
        street=f"{number} ĐƯỜNG CANARY",
        district="Biên Hòa",
    )
