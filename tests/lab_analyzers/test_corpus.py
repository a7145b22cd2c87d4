"""Real messages, read where they lie beside the project; skipped where they are not there."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from adapters.lab_analyzers.hl7_results import Reader
from adapters.lab_analyzers.profile_desk import ProfileDesk
from adapters.lab_analyzers.profiles import load_profile
from hub.contract import Frame, Interpretation
from hub.payloads import Call, LabResult, Target
from hub.pseudonyms import KeyedPseudonyms
from tests.conformance.memory_outlet import MemoryOutlet
from tests.lab_analyzers.test_file_drop import taken
from tests.ports import free_port

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


Found = tuple[str, Call, float | None, str | None, str | None, float | None]
Row = tuple[str, str, Call, str, bool, list[Found]]


def row(specimen: str, test: str, call: Call, *targets: Found, control: bool = False) -> Row:
    """As a person reads it off the raw file; a target is (code, call, value, comparator, unit, Ct)."""
    return (specimen, test, call, "F", control, list(targets))


def found(code: str, call: Call, ct: float | None = None) -> Found:
    return (code, call, None, None, None, ct)


def hiv_1(specimen: str, call: Call, value: float | None, sign: str | None, *, control: bool = False) -> Row:
    """Of the cobas 4800 run: OBX-5 of each group; NTE 2 is the same in all of them."""
    unit = None if value is None else "cp/mL"
    return row(specimen, "0BHIV1", call, ("0BHIV1", call, value, sign, unit, 26.71), control=control)


def counted(code: str, value: float | None, unit: str | None) -> Row:
    """Of the XN-550: R.3.5, R.4, R.5. A count is no call."""
    return row("27", code, "UNMAPPED", (code, "UNMAPPED", value, None, unit, None))


PROBES = [found(f"rpoB{at}", "INVALID") for at in (1, 2, 3, 4)]
MELTS = [
    *(f"rpoB{at} melt" for at in (1, 2, 3, 4)), "rpoB1 Mut melt", "rpoB2 Mut melt", "rpoB3 Mut melt",
    "rpoB4 Mut melt A", "rpoB4 Mut melt B",
]  # fmt: skip
# Every file: its profile, what it must give, and the reasons of what it cannot.
EXPECTED: dict[str, tuple[str, list[Row], list[str]]] = {
    "astm_afinion2.bin": (
        "afinion",  # O.3 is empty, O.4 is 5
        [row("5", "HbA1c", "UNMAPPED", ("HbA1c", "UNMAPPED", 5.9, None, "%", None))],
        [],
    ),
    "astm_genexpert_mtb_single_frame.bin": (
        "genexpert",  # R 1, 20 and 39 are the tests; trace and resistance are blank where nothing was found
        [
            row("PR25A137", "Xpert", "NEG", *PROBES),
            row("PR25A137", "Trace", "NO_RESULT", *PROBES, found("IS1081-IS6110", "INVALID")),
            row("PR25A137", "RIF", "NO_RESULT", *PROBES, *(found(melt, "NO_RESULT") for melt in MELTS),
                found("IS1081-IS6110", "INVALID")),
        ],
        [],
    ),
    "astm_records_cepheid_302-7279-6.1.1.1.astm": (
        "genexpert",  # every Ct is 0.0: there is none
        [
            row("99999", "SARSCOV2", "NEG", found("SARS-CoV-2", "NEG")),
            row("99999", "FLUA", "NEG", found("Flu A 1", "NEG"), found("Flu A 2", "NEG")),
            row("99999", "FLUB", "NEG", found("Flu B", "NEG")),
            row("99999", "RSV", "NEG", found("RSV", "NEG")),
        ],
        [],
    ),
    "astm_records_cepheid_hivvl-below-40.astm": (
        "genexpert",  # the specimen, "HIV-1 30cp", was typed with a blank: it stays at the edge
        [row(KEY.label("HIV-1 30cp"), "HIVVL", "POS", ("HIVVL", "POS", None, "<", None, None),
             found("HIV-1", "POS", 38.4))],
        [],
    ),
    "astm_sysmex_xn550.bin": (
        "sysmex-xn",
        [
            counted("WBC", 8.13, "10*3/uL"), counted("RBC", 2.60, "10*6/uL"), counted("HGB", 8.0, "g/dL"),
            counted("HCT", 22.7, "%"), counted("MCV", 87.3, "fL"), counted("MCH", 30.8, "pg"),
            counted("MCHC", 35.2, "g/dL"), counted("PLT", 99, "10*3/uL"), counted("NEUT%", 57.4, "%"),
            counted("LYMPH%", 12.8, "%"), counted("MONO%", 7.3, "%"), counted("EO%", 22.1, "%"),
            counted("BASO%", 0.4, "%"), counted("NEUT#", 4.67, "10*3/uL"), counted("LYMPH#", 1.04, "10*3/uL"),
            counted("MONO#", 0.59, "10*3/uL"), counted("EO#", 1.80, "10*3/uL"),
            counted("BASO#", 0.03, "10*3/uL"), counted("IG%", 0.2, "%"), counted("IG#", 0.02, "10*3/uL"),
            counted("RDW-SD", 47.5, "fL"), counted("RDW-CV", 14.8, "%"), counted("MPV", 8.1, "fL"),
            counted("Eosinophilia", None, None), counted("Anemia", None, None),
            counted("Blasts/Abn_Lympho?", 40, None), counted("Left_Shift?", 0, None),
            counted("Atypical_Lympho?", 10, None), counted("NRBC?", 0, None),
            counted("RBC_Agglutination?", 70, None), counted("Turbidity/HGB_Interference?", 90, None),
            counted("Iron_Deficiency?", 80, None), counted("HGB_Defect?", 80, None),
            counted("Fragments?", 0, None), counted("PLT_Clumps?", 0, None),
            counted("Positive_Diff", None, None), counted("Positive_Count", None, None),
        ],
        [],
    ),
    "hl7_oru_genexpert_sarscov2.hl7": (
        "genexpert",
        [row("GX-FILLER-001", "94500-6", "NEG", found("94500-6", "NEG", 28.5))],
        [],
    ),
    "hl7_oru_mixed_line_ends.hl7": (
        "generic",  # an echocardiogram in prose: of OBX 2 to 4 no code, of OBX 1 no value
        [row("FON_0d70c6c8", "1487", "UNMAPPED", found("12345", "UNMAPPED"))],
        [],
    ),
    "hl7_whitespace.txt": ("generic", [], ["hl7.unsupported_type"]),  # an order, ORM^O01
    "pcr_cobas4800_run_oul_r22.hl7": (
        "cobas-4800",  # controls by INV 3 = CO, the first three
        [
            hiv_1("0PHJ100001N0QVJ", "POS", 3.26e5, None, control=True),
            hiv_1("0PLJ100002N07UX", "POS", 246, None, control=True),
            hiv_1("0N1J100003O0OEZ", "NEG", None, None, control=True),
            hiv_1("VL260001", "NEG", None, None),
            hiv_1("VL260002", "POS", None, "<"),
            hiv_1("VL260003", "POS", 67.3, None),
            hiv_1("VL260004", "INVALID", None, None),
            hiv_1("VL260005", "POS", 1.7e5, None),
        ],
        [],
    ),
}  # fmt: skip


def told(result: LabResult) -> Row:
    targets: list[Found] = [(t.code, t.call, t.value, t.comparator, t.unit, t.ct) for t in result.targets]
    return (result.specimen, result.test.code, result.call, result.status, result.control, targets)


def test_every_file_has_its_expectation_and_is_the_one_it_was_read_off() -> None:
    manifest = json.loads((LAB / "manifest.json").read_text("utf-8"))
    assert {entry["file"] for entry in manifest} == set(EXPECTED)
    assert {path.name for path in LAB.iterdir()} == {*EXPECTED, "manifest.json"}
    for entry in manifest:
        assert sha256((LAB / entry["file"]).read_bytes()).hexdigest() == entry["sha256"], entry["file"]


@pytest.mark.parametrize("name", EXPECTED)
def test_a_file_gives_what_a_person_reads_off_it(name: str) -> None:
    """By the same way as a capture that is tried and a file that is dropped: only its profile is told."""
    profile, rows, reasons = EXPECTED[name]
    meanings = ProfileDesk().read(profile, (LAB / name).read_bytes(), "", KEY, RECEIVED_MS)
    assert [told(result) for meaning in meanings for result in results(meaning)] == rows
    assert [problem.reason for meaning in meanings for problem in meaning.problems] == reasons


async def test_the_files_dropped_into_folders_give_the_same(tmp_path: Path) -> None:
    """One folder for each profile, as one for each analyzer."""
    for profile in sorted({profile for profile, _, _ in EXPECTED.values()}):
        names = sorted(name for name, expected in EXPECTED.items() if expected[0] == profile)
        folder, outlet = tmp_path / profile, MemoryOutlet()
        folder.mkdir()
        for name in names:
            (folder / name).write_bytes((LAB / name).read_bytes())
        await taken(folder, outlet, names, profile=profile, patterns=("*",), stable_seconds=0)
        given = [told(fact.payload) for fact in outlet.facts if isinstance(fact.payload, LabResult)]
        wanted = [row for name in names for row in EXPECTED[name][1]]
        assert sorted(given, key=by_name) == sorted(of_key(wanted, outlet), key=by_name)
        assert sorted(entry.reason for entry in outlet.quarantined) == sorted(
            reason for name in names for reason in EXPECTED[name][2]
        )


def by_name(result: Row) -> tuple[str, str]:
    return result[:2]


def of_key(rows: list[Row], outlet: MemoryOutlet) -> list[Row]:
    """Pseudonyms under the key of ``outlet`` instead of that of this file."""
    typed = KEY.label("HIV-1 30cp")
    return [(outlet.pseudonyms.label("HIV-1 30cp"), *row[1:]) if row[0] == typed else row for row in rows]


PERSONS = (
    "Sardani", "Lantion", "Marcil", "John", "Jim", "Brown", "DOE", "JANE", "Patient", "SINGH", "Langa",
    "GARCIA", "Laboperator", "Hanso", "4223161584", "37182", "3643", "PAT-GX001", "Notes",
)  # fmt: skip


@pytest.mark.parametrize("name", EXPECTED)
def test_no_person_of_a_file_is_in_its_events(name: str) -> None:
    raw = (LAB / name).read_bytes()
    facts = [
        fact
        for each in ProfileDesk().read(EXPECTED[name][0], raw, "", KEY, RECEIVED_MS)
        for fact in each.facts
    ]
    for person in PERSONS:
        assert person not in repr(facts)


@pytest.mark.slow
def test_the_load_generator_is_satisfied() -> None:
    """Every message of the load generator is accepted with its own id, by a listener of ours."""
    port = free_port()
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
