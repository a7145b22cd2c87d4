"""Exports as their software writes them: workbooks, sections, a list of tests. Bytes of our own."""

from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.lab_analyzers.message_files import form_of, messages
from adapters.lab_analyzers.profiles import Profile, load_profile
from adapters.lab_analyzers.sheets import MAX_ROWS
from hub.contract import Frame
from hub.payloads import LabResult
from tests.lab_analyzers.test_tables import CFX, FLUOROCYCLER, KEY, QUANTSTUDIO, RECEIVED_MS, read, told
from tests.lab_analyzers.workbooks import xls, xlsx

BOTH = pytest.mark.parametrize("write", [xlsx, xls])


def cells(text: str, delimiter: str) -> list[list[Any]]:
    """Lines as a workbook holds them: numbers are numbers."""
    return [[number(cell) for cell in line.split(delimiter)] for line in text.splitlines()]


def number(text: str) -> Any:
    try:
        return float(text) if text not in {"NaN", ""} else text or None
    except ValueError:
        return text


@BOTH
def test_quantstudio_workbook_reads_like_its_text(write: Any) -> None:
    head, table = QUANTSTUDIO.split("[Results]\r\n")
    above = [line.lstrip("* ").split(" = ") for line in head.splitlines()]
    results = [*above, *cells(table.replace("\r", ""), "\t")]
    setup = [*above, ["Well", "Sample Name", "Target Name", "Task"], ["A1", "DN-9", "VIH-1", "UNKNOWN"]]
    curves = [["Well", "Cycle", "Target Name", "Rn"], *([1, at, "VIH-1", at / 3] for at in range(40))]
    raw = write({"Sample Setup": setup, "Amplification Data": curves, "Results": results})
    assert form_of(raw, load_profile("quantstudio")) == "table"
    assert read(raw, "quantstudio").facts == read(QUANTSTUDIO, "quantstudio").facts
    assert told(read(raw, "quantstudio"))[0][0] == "DN-1"


def test_quantstudio_text_with_all_its_sections_gives_the_results() -> None:
    setup = "[Sample Setup]\r\nWell\tSample Name\tTarget Name\tTask\r\nA1\tDN-9\tVIH-1\tUNKNOWN\r\n\r\n"
    curves = "[Amplification Data]\r\nWell\tCycle\tTarget Name\tRn\r\n1\t1\tVIH-1\t0.5\r\n\r\n"
    text = QUANTSTUDIO.replace("[Results]", setup + curves + "[Results]")
    assert read(text, "quantstudio").facts == read(QUANTSTUDIO, "quantstudio").facts


def test_quantstudio_writes_ct_with_a_cyrillic_letter_in_some_versions() -> None:
    text = QUANTSTUDIO.replace("CT", "C\u0442")
    assert read(text, "quantstudio").facts == read(QUANTSTUDIO, "quantstudio").facts


@BOTH
def test_cfx_workbook_has_its_run_on_another_sheet(write: Any) -> None:
    run, table = cells(CFX, ",")[:2], cells(CFX, ",")[2:]
    raw = write({"0": [[None, *row] for row in table], "Run Information": run})
    assert read(raw, "cfx").facts == read(CFX, "cfx").facts
    assert len(read(raw, "cfx").facts) == 3


@BOTH
def test_fluorocycler_workbook(write: Any) -> None:
    raw = write({"Sheet1": cells(FLUOROCYCLER, ";")})
    assert read(raw, "fluorocycler").facts == read(FLUOROCYCLER, "fluorocycler").facts


@BOTH
@pytest.mark.parametrize("ct", [21.1877528266099, 100 / 3, 9.000000000000001, 0.12345678901234567])
def test_a_ct_of_all_its_digits_is_one(write: Any, ct: float) -> None:
    (fact,) = read(write({"0": [["Sample", "Target", "Cq"], ["DN-1", "N", ct]]}), "cfx").facts
    assert isinstance(fact.payload, LabResult)
    assert fact.payload.targets[0].ct == pytest.approx(ct, rel=1e-14)


@BOTH
def test_a_specimen_of_digits_is_its_digits(write: Any) -> None:
    rows = [["SampleID", "TargetName", "CalcConc", "Interpretation"], [26070123, "VIH-1", 1480.5, "Positive"]]
    assert told(read(write({"s": rows}), "fluorocycler")) == [
        ("26070123", "VIH-1", "POS", False, [("VIH-1", 1480.5, "copies/mL", None)])
    ]


@BOTH
def test_a_time_in_a_cell_is_the_sites(write: Any) -> None:
    at = datetime(2026, 7, 12, 14, 30)  # noqa: DTZ001 - a cell has no zone
    rows: list[list[Any]] = [["Run Ended", at], ["Sample", "Target", "Cq"], ["DN-1", "N", 30]]
    raw = write({"0": rows}, {"B1" if write is xlsx else (0, 1): "dd/mm/yyyy hh:mm"})
    (fact,) = read(raw, "cfx").facts
    assert datetime.fromtimestamp(fact.time_ms / 1000, UTC) == datetime(2026, 7, 12, 7, 30, tzinfo=UTC)
    assert fact.timesource == "observation"


def test_the_first_sheet_with_results_counts_where_none_is_named() -> None:
    plan, results = [["SampleID", "WellPosition"], ["DN-9", "A1"]], cells(FLUOROCYCLER, ";")
    raw = xlsx({"Plan": plan, "Notes": [["nothing"]], "Results": results})
    assert read(raw, "fluorocycler").facts == read(FLUOROCYCLER, "fluorocycler").facts
    curves = [[at] for at in range(MAX_ROWS + 1)]  # too many, were they read
    raw = xlsx({"Curves": curves, "Results": results})
    assert read(raw, "fluorocycler").facts == read(FLUOROCYCLER, "fluorocycler").facts
    assert [problem.reason for problem in read(xlsx({"a": [["b"]]}), "fluorocycler").problems] == [
        "table.no_header"
    ]


@pytest.mark.parametrize("profile", ["genexpert", "generic", "sysmex-xn"])
def test_a_workbook_is_a_table_whatever_the_profile(profile: str) -> None:
    raw = xlsx({"s": [["a", "\x09b"]]})
    assert form_of(raw, load_profile(profile)) == "table"
    assert [type(found) for found in messages(raw, "table")] == [Frame]
    expected = "table.no_header" if profile == "genexpert" else "table.no_profile"
    assert [problem.reason for problem in read(raw, profile).problems] == [expected]


GENEXPERT = """\
System Name,GX-DONGNAI\r
Exported Date,12/07/2026 16:40:00\r
Report User Name,Trần Thị B\r
\r
ASSAY INFORMATION\r
Assay,Xpert MTB-RIF Ultra\r
Assay Version,4\r
\r
RESULT TABLE\r
Sample ID,DN-TB-1\r
Patient ID,075123456789\r
Test Type,Specimen\r
Notes,"gọi lại, chị Hoa"\r
Start Time,12/07/2026 14:00:00\r
End Time,12/07/2026 15:20:00\r
Cartridge S/N,40271101\r
Instrument S/N,800123\r
Test Result,MTB DETECTED LOW|RIF Resistance NOT DETECTED|\r
\r
Analyte Result\r
Analyte Name,Ct,EndPt,Analyte Result,Probe Check Result\r
SPC,27.1,301,NA,PASS\r
IS1081-IS6110,21.4,1024,POS,PASS\r
rpoB1,24.8,220,POS,PASS\r
\r
Detail\r
Analyte Name,Prb Chk 1,Prb Chk 2\r
SPC,90,91\r
\r
Errors\r
RESULT TABLE\r
Sample ID,DN-TB-2\r
Test Type,Specimen\r
End Time,12/07/2026 15:40:00\r
Cartridge S/N,40271102\r
Test Result,MTB NOT DETECTED|\r
Analyte Result\r
Analyte Name,Ct,EndPt,Analyte Result,Probe Check Result\r
IS1081-IS6110,0,3,NEG,PASS\r
Detail\r
RESULT TABLE\r
Sample ID,DN-TB-3\r
Cartridge S/N,40271103\r
Test Result,ERROR\r
ASSAY INFORMATION\r
Assay,Xpert HIV-1 Viral Load\r
RESULT TABLE\r
Sample ID,DN-VL-1\r
Cartridge S/N,40271104\r
Test Result,HIV-1 DETECTED 1.25E03 copies/mL (log 3.10)\r
RESULT TABLE\r
Sample ID,PC-1\r
Test Type,Positive Control\r
Cartridge S/N,40271105\r
Test Result,HIV-1 DETECTED < 40 copies/mL (log 1.60)|\r
RESULT TABLE\r
Sample ID,DN-VL-3\r
Cartridge S/N,40271106\r
Test Result,HIV-1 NOT DETECTED 5 copies/mL\r
RESULT TABLE\r
Sample ID,\r
Test Result,HIV-1 NOT DETECTED\r
"""


def genexpert() -> Profile:
    rules = load_profile("genexpert")
    table = rules.table.model_copy(update={"time_forms": ("%d/%m/%Y %H:%M:%S",)})
    return rules.model_copy(update={"table": table})


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_genexpert_list_of_tests(charset: str) -> None:
    raw = GENEXPERT.encode(charset)
    assert form_of(raw, genexpert()) == "table"
    interpretation = read(raw, genexpert())
    ultra, vl = "Xpert MTB-RIF Ultra", "Xpert HIV-1 Viral Load"
    assert told(interpretation) == [
        ("DN-TB-1", ultra, "POS", False, [
            ("MTB", None, None, None), ("RIF Resistance", None, None, None),
            ("IS1081-IS6110", None, None, 21.4), ("rpoB1", None, None, 24.8)]),
        ("DN-TB-2", ultra, "NEG", False, [("MTB", None, None, None), ("IS1081-IS6110", None, None, None)]),
        ("DN-TB-3", ultra, "ERROR", False, [(ultra, None, None, None)]),
        ("DN-VL-1", vl, "POS", False, [("HIV-1", 1250.0, "copies/mL", None)]),
        ("PC-1", vl, "POS", True, [("HIV-1", 40.0, "copies/mL", None)]),
        ("DN-VL-3", vl, "UNMAPPED", False, [(vl, None, None, None)]),
    ]  # fmt: skip
    assert [(problem.reason, problem.place) for problem in interpretation.problems] == [
        ("table.no_specimen", "row 60")
    ]
    for name in ("Trần", "Hoa", "075123456789"):
        assert name not in repr(interpretation.facts)


def test_genexpert_details() -> None:
    first, second, *_ = read(GENEXPERT, genexpert()).facts
    assert isinstance(first.payload, LabResult)
    assert [target.call for target in first.payload.targets] == ["POS", "NEG", "POS", "POS"]
    assert (first.payload.analyzer.model, first.payload.analyzer.serial) == ("GeneXpert", "800123")
    assert first.key == "DN-TB-1|Xpert MTB-RIF Ultra|40271101"
    assert datetime.fromtimestamp(first.time_ms / 1000, UTC) == datetime(2026, 7, 12, 8, 20, tzinfo=UTC)
    assert (first.timesource, second.timesource) == ("observation", "observation")


def test_genexpert_times_with_the_year_first_need_no_setting() -> None:
    text = GENEXPERT.replace("12/07/2026 15:20:00", "2026/07/12 15:20:00.417").replace("RIF Res", "Rif Res")
    first = read(text, "genexpert").facts[0]
    assert datetime.fromtimestamp(first.time_ms / 1000, UTC) == datetime(2026, 7, 12, 8, 20, tzinfo=UTC)
    assert isinstance(first.payload, LabResult)
    assert [(one.code, one.call) for one in first.payload.targets][:2] == [
        ("MTB", "POS"),
        ("Rif Resistance", "NEG"),
    ]


def test_a_date_that_may_be_read_in_two_ways_is_not_guessed() -> None:
    fact = read(GENEXPERT, "genexpert").facts[0]
    assert (fact.time_ms, fact.timesource) == (RECEIVED_MS, "received")
    assert isinstance(fact.payload, LabResult)
    assert {"time_rejected" in target.flags for target in fact.payload.targets} == {True}


@pytest.mark.parametrize(
    ("text", "call", "code"),
    [
        ("MTB NOT DETECTED", "NEG", "MTB"),
        ("RIF Resistance INDETERMINATE", "INDETERMINATE", "RIF Resistance"),
        ("NOT DETECTED", "NEG", "A"),
        ("NO RESULT", "NO_RESULT", "A"),
        ("INVALID", "INVALID", "A"),
        ("MTB probably DETECTED", "UNMAPPED", "A"),
        ("MTB NOT YET DETECTED", "UNMAPPED", "A"),
        ("HIV-1 DETECTED > 1.00E07 copies/mL (log 7.00)", "POS", "HIV-1"),
        ("HIV-1 NOT DETECTED 10 copies/mL", "UNMAPPED", "A"),
    ],
)
def test_results_in_words_are_compared_whole(text: str, call: str, code: str) -> None:
    raw = f"RESULT TABLE\nSample ID,DN-1\nAssay,A\nTest Result,{text}\n"
    ((_, _, said, _, targets),) = told(read(raw, "genexpert"))
    assert (said, [target[0] for target in targets]) == (call, [code])


LIGHTCYCLER = """\
Experiment: 260712 COVID  Selected Filter: FAM (465-510)
Include\tColor\tPos\tName\tCp\tConcentration\tStandard\tStatus
True\t255\tA1\tDN-1\t27.23\t\t0\t
True\t65280\tA2\tDN-2\t\t\t0\t
True\t65280\tA3\tNTC\t\t\t0\t
"""


def test_lightcycler_text() -> None:
    rules = load_profile("lightcycler")
    rules = rules.model_copy(update={"texts": {"FAM (465-510)": "SARS-CoV-2 E gene"}})
    assert told(read(LIGHTCYCLER, rules)) == [
        (specimen, "FAM (465-510)", "UNMAPPED", control, [("FAM (465-510)", None, None, ct)])
        for specimen, control, ct in (("DN-1", False, 27.23), ("DN-2", False, None), ("NTC", True, None))
    ]
    assert read(LIGHTCYCLER, rules).facts[0].key == f"DN-1|FAM (465-510)|{KEY.label('260712 COVID')}"
    ((_, test, *_), *_) = told(read(LIGHTCYCLER, "lightcycler"))
    assert test == KEY.label("FAM (465-510)")


@pytest.mark.parametrize("said", ["False", "FALSE", "no"])
def test_a_well_that_the_laboratory_left_out_gives_no_result(said: str) -> None:
    text = LIGHTCYCLER.replace("True\t65280\tA2", f"{said}\t65280\tA2")
    assert [result[0] for result in told(read(text, "lightcycler"))] == ["DN-1", "NTC"]
    left_out = QUANTSTUDIO_7.replace("5\tA5\tfalse", "5\tA5\ttrue").replace("6\tA6\tfalse", "6\tA6\tTRUE")
    found = told(read(left_out, "quantstudio"))
    assert [(result[0], len(result[4])) for result in found[1:]] == [("5000018696625", 1)]


def test_lightcycler_96_table() -> None:
    head = "Position\tSample Name\tGene Name\tCq\tCall\tSample Type\n"
    text = f"{head}A1\tDN-1\tE\t27.2\tPositive\tUnknown\nA2\tx\tE\t-\tNegative\tNegative control\n"
    assert told(read(text, "lightcycler")) == [
        ("DN-1", "E", "POS", False, [("E", None, None, 27.2)]),
        ("x", "E", "NEG", True, [("E", None, None, None)]),
    ]


QUANTSTUDIO_7 = """\
* Experiment Barcode = \n* Experiment File Name = D:\\Users\\Administrator\\Documents\\12JUL2026.eds
* Experiment Run End Time = 2026-07-12 15:02:50 PM ICT\n* Instrument Serial Number = 27288
\n[Results]
Well\tWell Position\tOmit\tSample Name\tTarget Name\tTask\tCT\tQuantity\tQuantity Mean\tTarget Name\tTask
1\tA1\tfalse\tStandard 1 (1e8)\tHBV\tSTANDARD\t16.484\t100,000,000.000\t\tHBV\tSTANDARD
4\tA4\tfalse\t5000018696625\tHBV\tUNKNOWN\t25.711\t118,248.200\t127,155.960\tHBV\tUNKNOWN
5\tA5\tfalse\t5000018696625\tHBV\tUNKNOWN\t25.536\t134,125.920\t127,155.960\tHBV\tUNKNOWN
6\tA6\tfalse\tDN-3\tHBV\tUNKNOWN\t36.100\t1,0.5\t\tHBV\tUNKNOWN
\nAnalysis Type = Singleplex
"""


def test_quantstudio_7_text_groups_thousands_and_repeats_wells_and_headings() -> None:
    interpretation = read(QUANTSTUDIO_7, "quantstudio")
    assert told(interpretation) == [
        (KEY.label("Standard 1 (1e8)"), "HBV", "POS", True, [("HBV", 1e8, "copies/mL", 16.484)]),
        ("5000018696625", "HBV", "POS", False, [("HBV", 127155.96, "copies/mL", 25.711),
                                                ("HBV", 127155.96, "copies/mL", 25.536)]),
        ("DN-3", "HBV", "UNMAPPED", False, [("HBV", None, None, 36.1)]),
    ]  # fmt: skip
    (moment,) = {fact.time_ms for fact in interpretation.facts}
    assert datetime.fromtimestamp(moment / 1000, UTC) == datetime(2026, 7, 12, 8, 2, 50, tzinfo=UTC)
    assert "Administrator" not in repr(interpretation.facts)


def test_cfx_plate_without_targets_has_its_dyes() -> None:
    rows = ",A01,FAM,,Unkn,DN-1,21.1877528266099\n,A01,VIC,,Unkn,DN-1,NaN\n"
    text = f",Well,Fluor,Target,Content,Sample,Cq\n{rows}"
    assert told(read(text, "cfx")) == [
        ("DN-1", "FAM", "UNMAPPED", False, [("FAM", None, None, 21.1877528266099)]),
        ("DN-1", "VIC", "UNMAPPED", False, [("VIC", None, None, None)]),
    ]
