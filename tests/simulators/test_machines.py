"""What each model of the fleet writes, held to what is known of the real one."""

import csv
import io
import random
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.parser import parse_message

from simulators.lab.alinity_m import alinity_m
from simulators.lab.analyzer import Run, RunSource, build
from simulators.lab.astm_sender import frames
from simulators.lab.cobas_6800 import cobas_6800
from simulators.lab.fleet import fleet
from simulators.lab.hl7_builder import Envelope
from simulators.lab.m2000 import m2000_records
from simulators.lab.outcomes import ASSAYS, Call, Outcome, draw_control, draw_correction, draw_outcome
from simulators.province import AnalyzerPlan

AT = datetime(2026, 8, 5, 14, 30, tzinfo=timezone(timedelta(hours=7)))
PLANS = {plan.message: plan for plan in fleet(40, {"mllp", "astm", "file"})}
ENVELOPE = Envelope("C1", AT)


def outcome(plan: AnalyzerPlan, call: Call, titer: float | None = None) -> Outcome:
    """A patient's; without a titer a positive one is below the range."""
    assay = ASSAYS[plan.assay]
    patient = draw_outcome(random.Random(1), assay, "S", 1, 0).patient
    ct = 27.5 if titer and assay.tells_ct else None
    return Outcome("S-1", assay, call, titer=titer, ct=ct, patient=patient)


def first_run(plan: AnalyzerPlan) -> Run:
    return next(RunSource(plan, 1).runs())


def rows(message: bytes, name: str) -> list[list[str]]:
    return [line.split("|") for line in message.decode().split("\r") if line.startswith(name + "|")]


@pytest.mark.parametrize("message", ["oul", "cobas-6800", "m2000", "quantstudio"])
def test_a_whole_run_is_one_message_with_both_controls_first(message: str) -> None:
    plan = PLANS[message]  # type: ignore[index]
    run = first_run(plan)
    assert 23 <= len(run.outcomes) <= 96
    assert [(each.control, each.call) for each in run.outcomes[:2]] == [(True, "POS"), (True, "NEG")]
    assert not any(each.control for each in run.outcomes[2:])
    text = build(plan, run, AT)
    assert all(each.specimen.encode() in text for each in run.outcomes)


@pytest.mark.parametrize(
    ("call", "titer", "first", "words"),
    [
        ("POS", 76.3, ["NM", "763", "10*-1.{Copies}/mL^^UCUM"], "Titer"),
        ("POS", 2_260_000.0, ["NM", "226", "10*4.{Copies}/mL^^UCUM"], "Titer"),
        ("POS", None, ["ST", "ValueNotSet", ""], "< Titer min"),
        ("NEG", None, ["ST", "ValueNotSet", ""], "Target Not Detected"),
        ("INVALID", None, ["", "", ""], "Invalid"),
    ],
)
def test_numbers_of_a_cobas_6800(call: Call, titer: float | None, first: list[str], words: str) -> None:
    plan = PLANS["cobas-6800"]
    message = cobas_6800(plan, ENVELOPE, [outcome(plan, call, titer)])
    found = rows(message, "OBX")
    assert [found[0][2], found[0][5], found[0][6]] == first
    assert [row[5] for row in found if row[4] == "1/2"] == [words]
    assert {row[11] for row in found} == {"X" if call == "INVALID" else "F"}
    assert message.isascii()


def test_a_cobas_6800_gives_the_internal_control_a_ct_of_its_own() -> None:
    plan = PLANS["cobas-6800"]
    both = [outcome(plan, "POS", 500.0), outcome(plan, "NEG")]
    arrays = [row[5] for row in rows(cobas_6800(plan, ENVELOPE, both), "OBX") if row[2] == "NA"]
    assert arrays == ["27.50^^35.87", "^^35.87"]


@pytest.mark.parametrize(
    ("call", "titer", "told"),
    [
        ("POS", 54321, ["NM", "54321", "^Copies/mL"]),
        ("POS", None, ["ST", "< 20", "^Copies/mL"]),
        ("NEG", None, ["ST", "Not Detected", ""]),
        ("ERROR", None, ["", "", ""]),
    ],
)
def test_an_alinity_m_names_the_specimen_in_sac_alone(
    call: Call, titer: float | None, told: list[str]
) -> None:
    plan = PLANS["alinity-m"]
    message = alinity_m(plan, ENVELOPE, outcome(plan, call, titer))
    assert rows(message, "SAC")[0][3] == "S-1"
    assert rows(message, "SPM")[0][2:4] == ["", ""]
    assert rows(message, "MSH")[0][2] == ""
    (row,) = rows(message, "OBX")
    assert [row[2], row[5], row[6]] == told


def test_an_alinity_m_is_read_by_a_library_that_knows_the_standard() -> None:
    message = alinity_m(PLANS["alinity-m"], ENVELOPE, outcome(PLANS["alinity-m"], "POS", 500)).decode()
    parsed = parse_message(message, validation_level=VALIDATION_LEVEL.TOLERANT, find_groups=True)
    assert parsed.msh.msh_9.value == "OUL^R22^OUL_R22"
    assert len(parsed.oul_r22_specimen) == 1


def test_an_m2000_run_is_one_session_of_240_byte_frames() -> None:
    plan = PLANS["m2000"]
    run = first_run(plan)
    text = m2000_records(plan, run.control_id, AT, run.outcomes).decode()
    assert [line[0] for line in text.split("\r")[:4]] == ["H", "P", "O", "R"]
    assert text.count("\rP|") == text.count("\rO|") == len(run.outcomes)
    assert text.count("\rO|1|") == 1
    assert text.endswith("\rL|1\r")
    sent = frames(text.encode())
    assert all(len(frame) <= 247 for frame in sent)
    assert [frame[1:2] for frame in sent[:9]] == [b"1", b"2", b"3", b"4", b"5", b"6", b"7", b"0", b"1"]


def test_a_quantstudio_file_is_a_plate() -> None:
    plan = PLANS["quantstudio"]
    run = first_run(plan)
    text = build(plan, run, AT).decode("utf-8-sig")
    head, _, table = text.partition("[Results]\r\n")
    assert {line[:2] for line in head.split("\r\n") if line} == {"* "}
    wells = list(csv.DictReader(io.StringIO(table.partition("\r\n\r\n")[0])))
    assert len(wells) == 3 * len(run.outcomes)
    assert {well["Target Name"] for well in wells} == {"N", "ORF1ab", "MS2"}
    assert len({well["Well Position"] for well in wells}) == len(run.outcomes)


def test_a_correction_says_the_other_thing_of_the_same_specimen() -> None:
    plan = PLANS["oru"]
    first = replace(draw_control(random.Random(1), ASSAYS[plan.assay], "S-1", "POS"), patient=None)
    again = draw_correction(random.Random(2), first)
    assert (again.specimen, again.call, again.status) == ("S-1", "NEG", "C")
    message = build(plan, Run("C2", (again,)), AT)
    assert {row[11] for row in rows(message, "OBX")} == {"C"}


def test_some_results_are_corrected() -> None:
    plan = replace(PLANS["oru"], corrected_share=0.2)
    runs = [run for run, _ in zip(RunSource(plan, 1).runs(), range(200), strict=False)]
    corrected = [run.outcomes[0].specimen for run in runs if run.outcomes[0].corrected]
    assert 10 < len(corrected) < 60
    assert len(corrected) == len(set(corrected))
    firsts = {run.outcomes[0].specimen for run in runs if not run.outcomes[0].corrected}
    assert set(corrected) <= firsts
