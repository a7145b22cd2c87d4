"""Specimens and results: which belong together, what counts, and what stays on the work list."""

from dataclasses import replace

from api.reports.frame.content import Table
from api.reports.lab_samples.samples import LabSamplesQuery, Samples, build, unmatched_of
from api.specimens import match
from storage.reporting import StoredFact, StoredResult
from tests.reports.device_facts import AS_OF, ZONE, facility, measured, specimen

FIRST = AS_OF.to_number - 29


def asked(**fields: object) -> LabSamplesQuery:
    return LabSamplesQuery.model_validate(fields)


def told(registered: list[StoredFact], results: list[StoredResult]) -> tuple[Table, ...]:
    known = [facility("BV1", "bv-1")]
    return build(Samples(FIRST, registered, results, known), asked(), AS_OF).tables


def row(table: Table, key: str) -> dict[str, object]:
    whole = [*table.rows, *([table.total] if table.total else [])]
    cells = next(one.cells for one in whole if one.key == key)
    return {column.code: cell.value for column, cell in zip(table.columns, cells, strict=True)}


def ages(*counts: int) -> dict[str, object]:
    return dict(
        zip(("under_24_hours", "under_48_hours", "under_72_hours", "over_72_hours"), counts, strict=True)
    )


def test_a_result_belongs_to_the_specimen_of_its_label_or_its_order() -> None:
    registered = [
        specimen("S1"),
        specimen("S2", order="O2"),
        specimen("S3", order="O3"),
        specimen("S4", order="O3"),
    ]
    results = [measured("S1"), measured("tube-9", order="O2"), measured("tube-8", order="O3"), measured("S9")]
    matched = match(registered, results, ZONE)
    assert [sample.state for sample in matched.samples] == ["final", "final", "waiting", "waiting"]
    assert [one.payload.specimen for one in matched.strays] == ["tube-8", "S9"]  # O3 has two specimens


def test_controls_are_nobodys() -> None:
    matched = match([], [measured("QC-1", control=True)], ZONE)
    assert matched.strays == []


def test_pools_are_not_copied_to_persons() -> None:
    counts = row(
        told([specimen("P1", pool=True), specimen("S1")], [measured("P1", "POS"), measured("S1")])[0], "total"
    )
    assert (counts["positive"], counts["negative"], counts["pools"], counts["pools_positive"]) == (0, 1, 1, 1)


def test_a_correction_supersedes_and_a_withdrawal_leaves_no_result() -> None:
    """The store gives the version that stands, and no other."""
    registered = [specimen("S1"), specimen("S2"), specimen("S3")]
    counts = row(
        told(
            registered, [measured("S1", "NEG", "C"), measured("S2", "POS", "X"), measured("S3", "POS", "P")]
        )[0],
        "total",
    )
    assert (counts["corrected"], counts["withdrawn"], counts["preliminary"], counts["positive"]) == (
        1,
        1,
        1,
        0,
    )
    assert (counts["final"], counts["negative"]) == (1, 1)


def test_one_positive_target_of_several_tests_decides() -> None:
    results = [measured("S1", "NEG"), measured("S1", "POS"), measured("S2", "INVALID"), measured("S2", "NEG")]
    counts = row(told([specimen("S1"), specimen("S2")], results)[0], "total")
    assert (counts["positive"], counts["negative"], counts["failed"]) == (1, 1, 0)


def test_turnaround_is_from_collection_to_observation() -> None:
    registered = [specimen("S1", facility="BV1"), specimen("S2", "2021-08-04", facility="BV1")]
    table = told(registered, [measured("S1"), measured("S2")])[1]
    assert row(table, "BV1") == {"measured": 1, "median_hours": 6.0, "ninth_decile_hours": 6.0}
    assert table.rows[0].label == "Cơ sở BV1"


def test_what_is_unmatched_has_its_age_at_the_cutoff() -> None:
    registered = [specimen("S1"), specimen("S2", "2021-08-01T00:00:00+07:00")]
    table = told(registered, [measured("S9", at="2021-08-03T16:00:00.000Z")])[2]
    assert row(table, "waiting") == ages(1, 0, 0, 1)
    assert row(table, "stray") == ages(0, 1, 0, 0)


def test_an_older_specimen_owns_its_result_and_is_not_told_of() -> None:
    samples = Samples(AS_OF.to_number, [specimen("S1", "2021-07-20")], [measured("S1", "POS")], [])
    content = build(samples, asked(), AS_OF)
    assert row(content.tables[0], "total")["registered"] == 0
    assert unmatched_of(samples, ZONE) == ([], [])


def test_a_specimen_of_nowhere_stands_in_a_row_of_its_own() -> None:
    table = told([specimen("S1")], [])[0]
    assert [(one.key, one.code) for one in table.rows] == [("unknown", "unknown")]
    assert build(Samples(FIRST, [specimen("S1")], [], []), asked(district="731"), AS_OF).event_count == 1


def test_who_has_a_scope_is_told_that_results_may_be_elsewhere() -> None:
    samples = Samples(FIRST, [specimen("S1")], [], [])
    assert build(samples, asked(), AS_OF).notes == ()
    scoped = build(samples, asked(), replace(AS_OF, sites=frozenset({"bv-1"}))).notes
    assert [note.code for note in scoped] == ["scoped"]
