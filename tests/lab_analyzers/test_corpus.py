"""Real messages, read where they lie beside the project; skipped where they are not there."""

import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from adapters.lab_analyzers.hl7_results import Reader
from adapters.lab_analyzers.profiles import load_profile
from hub.contract import Frame, Interpretation
from hub.payloads import LabResult, Target
from hub.pseudonyms import KeyedPseudonyms

SHARED = Path(__file__).parents[3] / "shared"
LAB = SHARED / "corpus" / "lab"
RECEIVED_MS = int(datetime(2026, 8, 1, tzinfo=UTC).timestamp() * 1000)
KEY = KeyedPseudonyms(b"c" * 32, weak=False)

pytestmark = pytest.mark.skipif(
    not LAB.is_dir(), reason="the corpus of real messages is not beside the project"
)


def read(name: str, profile: str) -> Interpretation:
    reader = Reader(load_profile(profile), KEY, "bv", ZoneInfo("Asia/Ho_Chi_Minh"))
    return reader.interpret(Frame((LAB / name).read_bytes(), "C"), RECEIVED_MS)


def results(interpretation: Interpretation) -> list[LabResult]:
    return [fact.payload for fact in interpretation.facts if isinstance(fact.payload, LabResult)]


@pytest.mark.parametrize("profile", ["genexpert", "generic"])
def test_genexpert_oru(profile: str) -> None:
    interpretation = read("hl7_oru_genexpert_sarscov2.hl7", profile)
    assert interpretation.problems == ()
    (result,) = results(interpretation)
    assert (result.specimen, result.order) == ("GX-FILLER-001", "GX-ORDER-001")
    assert (result.call, result.status, result.control) == ("NEG", "F", False)
    assert result.person == KEY.patient("bv", "PAT-GX001")
    assert result.targets == (Target("94500-6", "SARS-CoV-2 RNA", "94500-6", "NEG", ct=28.5),)
    (fact,) = interpretation.facts
    assert fact.timesource == "message"
    assert datetime.fromtimestamp(fact.time_ms / 1000, UTC) == datetime(2026, 2, 1, 7, 30, tzinfo=UTC)


def test_cobas_4800_run() -> None:
    interpretation = read("pcr_cobas4800_run_oul_r22.hl7", "cobas-4800")
    assert interpretation.problems == ()
    found = results(interpretation)
    assert [(r.specimen, r.control, r.call, r.targets[0].value, r.targets[0].comparator) for r in found] == [
        ("0PHJ100001N0QVJ", True, "POS", 326000.0, None),
        ("0PLJ100002N07UX", True, "POS", 246.0, None),
        ("0N1J100003O0OEZ", True, "NEG", None, None),
        ("VL260001", False, "NEG", None, None),
        ("VL260002", False, "POS", None, "<"),
        ("VL260003", False, "POS", 67.3, None),
        ("VL260004", False, "INVALID", None, None),
        ("VL260005", False, "POS", 170000.0, None),
    ]
    for result in found:
        assert (result.test.code, result.status, result.person, result.order) == ("0BHIV1", "F", None, None)
        assert [target.ct for target in result.targets] == [26.71]
        assert (result.analyzer.model, result.analyzer.serial) == ("cobas 4800", "56450_00001")
    assert {fact.timesource for fact in interpretation.facts} == {"observation"}
    assert "Laboperator01" not in repr(interpretation)


def test_mixed_line_ends() -> None:
    interpretation = read("hl7_oru_mixed_line_ends.hl7", "generic")
    (result,) = results(interpretation)
    assert (result.specimen, result.test.code, result.call, result.status) == (
        "FON_0d70c6c8",
        "1487",
        "UNMAPPED",
        "F",
    )
    assert [target.code for target in result.targets] == ["12345"]
    assert "Emergency" not in repr(interpretation.facts)


def test_an_order_with_white_space_is_no_result() -> None:
    interpretation = read("hl7_whitespace.txt", "generic")
    assert [(problem.reason, problem.place) for problem in interpretation.problems] == [
        ("hl7.unsupported_type", "MSH-9")
    ]


@pytest.mark.slow
def test_the_load_generator_is_satisfied() -> None:
    """Every message of the load generator is accepted with its own id, by a listener of ours."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    listener = subprocess.Popen(
        [sys.executable, "-m", "tests.lab_analyzers.listener", str(port)], stdout=subprocess.PIPE
    )
    try:
        assert listener.stdout is not None
        assert listener.stdout.readline() == b"listening\n"
        load = subprocess.run(
            [sys.executable, str(SHARED / "bench" / "mllp_load.py"), "--port", str(port),
             "-c", "4", "-n", "400", "--pipeline", "4"],
            capture_output=True, timeout=50, check=False,
        )  # fmt: skip
        assert load.returncode == 0, load.stdout
    finally:
        listener.terminate()
        listener.wait(timeout=10)
