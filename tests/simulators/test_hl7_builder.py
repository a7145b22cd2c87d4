"""Messages are judged by hl7apy, a library that knows the standard and shares nothing with us."""

import random
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.parser import parse_message
from hypothesis import given
from hypothesis import strategies as st

from simulators.lab.analyzer import Run, RunSource, build
from simulators.lab.er7 import components, escape, header, segment
from simulators.lab.hl7_builder import Envelope, oru_r01, oul_r22
from simulators.lab.outcomes import ASSAYS, Call, Outcome, draw_control, draw_outcome
from simulators.lab.patients import Patient
from simulators.lab.truth_records import told
from simulators.province import AnalyzerPlan, load_province

AT = datetime(2021, 8, 5, 14, 30, tzinfo=timezone(timedelta(hours=7)))
PLANS = {plan.id: plan for plan in load_province().analyzers}
GENEXPERT, COBAS = PLANS["genexpert-01"], PLANS["cobas4800-01"]
CALLS: list[Call] = ["POS", "NEG", "INVALID", "ERROR", "NO_RESULT"]


def strict(message: bytes) -> Any:
    parsed = parse_message(message.decode(), validation_level=VALIDATION_LEVEL.STRICT, find_groups=True)
    assert parsed.validate()
    return parsed


def outcome(plan: AnalyzerPlan, call: Call = "POS") -> Outcome:
    assay = ASSAYS[plan.assay]
    patient = draw_outcome(random.Random(1), assay, "S", 1, 0).patient
    return replace(draw_control(random.Random(2), assay, "TN-00001", call), patient=patient)


def rows(message: bytes, name: str) -> list[list[str]]:
    return [line.split("|") for line in message.decode().split("\r") if line.startswith(name + "|")]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("plan", [PLANS["genexpert-01"], PLANS["cfx96-01"], PLANS["quantstudio-01"]])
def test_oru_is_valid(plan: AnalyzerPlan, call: Call) -> None:
    parsed = strict(oru_r01(plan, Envelope("C1", AT), outcome(plan, call)))
    assert parsed.msh.msh_10.value == "C1"
    assert parsed.msh.msh_3.value == plan.application


def test_oul_is_valid_but_for_three_habits_of_the_real_machine() -> None:
    named = replace(COBAS, application="cobas 4800^48070^M")  # HL70361 allows 20 characters, Roche sends 26
    outcomes = [draw_control(random.Random(3), ASSAYS[COBAS.assay], "PC", "POS"), outcome(COBAS, "NEG")]
    message = oul_r22(named, Envelope("C2", AT), outcomes)
    # OBX-8 has no components (IS), and no INV stands behind an OBX.
    kept = [line for line in message.split(b"\r") if b"^^99ROC|OE" not in line]
    parsed = strict(b"\r".join(kept).replace(b"|Full^^99ROC|", b"|N|"))
    assert len(parsed.oul_r22_specimen) == 2


def test_patient_and_result_stand_where_the_standard_wants_them() -> None:
    sample = outcome(GENEXPERT)
    message = oru_r01(GENEXPERT, Envelope("C3", AT), sample)
    assert isinstance(sample.patient, Patient)
    (pid,), observations = rows(message, "PID"), rows(message, "OBX")
    assert pid[3].startswith(f"{sample.patient.national_id}^^^BCA^NI~")
    assert pid[5] == f"{sample.patient.family}^{sample.patient.given}"
    assert [row[5] for row in observations if row[2] == "NM"] == [f"{t.ct:.2f}" for t in sample.targets]
    assert observations[0][5] == "260373001^Detected^SCT"
    assert observations[0][19] == "20210805143000+0700"


def test_a_negative_gene_has_no_number() -> None:
    message = oru_r01(GENEXPERT, Envelope("C4", AT), outcome(GENEXPERT, "NEG"))
    assert [row[5] for row in rows(message, "OBX")[2::2]] == ["Undetermined", "Undetermined"]


def test_a_cobas_control_shows_by_its_inventory_only() -> None:
    control = draw_control(random.Random(3), ASSAYS[COBAS.assay], "PC", "POS")
    message = oul_r22(COBAS, Envelope("C5", AT), [control, outcome(COBAS)])
    controls = [row[1] for row in rows(message, "INV") if row[3].startswith("CO")]
    assert controls == ["HPosCtrl^^99ROC"]
    assert {row[11] for row in rows(message, "SPM")} == {"Q^^HL70369"}
    assert rows(message, "SPM")[0][2] == "PC&ROCHE"


@pytest.mark.parametrize(
    ("call", "titer", "text"),
    [
        ("POS", 326000.0, "3.26E+05 cp/mL"),
        ("POS", None, "< Titer min"),
        ("NEG", None, "Target Not Detected"),
        ("INVALID", None, "Invalid"),
    ],
)
def test_viral_loads_as_the_machine_writes_them(call: Call, titer: float | None, text: str) -> None:
    sample = replace(outcome(COBAS), call=call, titer=titer)
    _, observation = rows(oul_r22(COBAS, Envelope("C6", AT), [sample]), "OBX")
    assert observation[5] == text


def test_names_with_delimiters_stay_in_their_field() -> None:
    sample = outcome(GENEXPERT)
    assert sample.patient is not None
    odd = replace(sample, patient=replace(sample.patient, family="O|^&~\\", given="\r\x0b"))
    message = oru_r01(GENEXPERT, Envelope("C7", AT), odd)
    strict(message)
    assert rows(message, "PID")[0][5] == "O\\F\\\\S\\\\T\\\\R\\\\E\\^\\X0D\\\\X0B\\"


def unescape(text: str) -> str:
    named = {"F": "|", "S": "^", "T": "&", "R": "~", "E": "\\"}
    parts = text.split("\\")
    assert len(parts) % 2 == 1
    return "".join(
        part if place % 2 == 0 else named.get(part) or chr(int(part[1:], 16))
        for place, part in enumerate(parts)
    )


@given(st.text())
def test_escaped_text_comes_back_and_holds_no_delimiter(text: str) -> None:
    escaped = escape(text)
    assert not set(escaped) & set("|^~&\r\n\x0b\x1c")
    assert unescape(escaped) == text


def test_fields_stand_at_their_number() -> None:
    assert segment("OBR", {1: "1", 4: components("a", "b|c", "", "")}) == "OBR|1|||a^b\\F\\c"
    assert header({3: "APP", 9: "ACK"}) == "MSH|^~\\&|APP||||||ACK"


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
def test_the_same_seed_gives_the_same_runs_and_another_does_not(plan: AnalyzerPlan) -> None:
    def first(seed: int) -> list[bytes]:
        runs: list[Run] = [run for run, _ in zip(RunSource(plan, seed).runs(), range(20), strict=False)]
        return [build(plan, run, AT) for run in runs]

    assert first(7) == first(7)
    assert first(7) != first(8)


def test_two_analyzers_of_one_plan_never_share_a_specimen() -> None:
    def specimens(index: int) -> set[str]:
        runs = zip(RunSource(GENEXPERT, 1, index).runs(), range(30), strict=False)
        return {outcome.specimen for run, _ in runs for outcome in run.outcomes}

    assert not specimens(0) & specimens(1)


def test_a_lab_sees_every_call_and_controls() -> None:
    runs = zip(RunSource(PLANS["genexpert-01"], 1).runs(), range(400), strict=False)
    outcomes = [outcome for run, _ in runs for outcome in run.outcomes]
    assert {sample.call for sample in outcomes} == set(CALLS)
    assert sum(sample.control for sample in outcomes) == 400 // 12
    assert 0.12 < sum(sample.call == "POS" for sample in outcomes) / 400 < 0.32


def test_truth_names_what_a_hub_must_store() -> None:
    sample = outcome(GENEXPERT)
    (truth,) = told(GENEXPERT, sample)
    assert [target["ct"] for target in truth["targets"]] == [target.ct for target in sample.targets]
    assert (truth["specimen"], truth["test"], truth["call"]) == ("TN-00001", "94500-6", "POS")
