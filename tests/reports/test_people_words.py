"""The reports of what people enter have words for all they say, in both languages."""

from collections.abc import Iterator

import pytest

from api.console.wording import Language, texts
from api.reports.declarations import declared
from api.reports.facility_days.building import build as build_days
from api.reports.facility_days.reading import Inputs as Days
from api.reports.field_hospitals.fields import FIELD_HOSPITALS
from api.reports.frame.content import Content
from api.reports.quarantine_daily.fields import QUARANTINE
from api.reports.vaccine_stock import building as vaccines
from api.reports.vaccine_stock.reading import Inputs as Vaccines
from api.reports.workplace_risk import assessed
from hub.reported import BedStatus, Declaration, QuarantineDay, VaccinationSession
from tests.reports.people_facts import DAY, as_of, asked, facility, stored
from tests.reports.test_vaccine_stock import RISK, moved

FLAGS = (
    "identity_broken", "over_whole", "unregistered", "more_than_registered", "count_differs", "below_zero",
    "given_differs", "lot_unknown", "still_out",
)  # fmt: skip


def contents() -> Iterator[tuple[str, Content]]:
    day = DAY.isoformat()
    since = as_of(since=DAY.replace(day=1))
    told = stored([Declaration(reference="a", date=day, district="731", symptoms=("fever",))])
    yield "declarations", declared.build(told, asked(), as_of())
    yield "workplace-risk", assessed.build(assessed.Inputs([], []), asked(), as_of())
    for spec, fact in (
        (QUARANTINE, QuarantineDay(facility="a", date=day, figures={"in_care": 1})),
        (FIELD_HOSPITALS, BedStatus(facility="a", date=day, figures={"beds": 1})),
    ):
        inputs = Days(stored([fact]), stored([facility("a", kind=spec.kind)]), [], [])
        yield spec.report, build_days(spec, inputs, asked(), since)
    session = VaccinationSession(facility="a", plan="k", date=day, lot="L1", dose_number=3, doses=1)
    moves = stored([moved("received", 1), moved("stock", 3)])
    for risks in ([RISK], None):
        read = Vaccines(moves, stored([session]), [], [], risks)
        yield "vaccine-stock", vaccines.build(read, asked(), as_of())


def keys(report: str, content: Content) -> Iterator[str]:
    yield f"report.{report}"
    for table in content.tables:
        of = f"report.{report}.{table.code}"
        yield of
        yield f"{of}.key"
        yield from (f"{of}.{column.code}" for column in table.columns)
        yield from (f"{of}.row.{row.code}" for row in table.rows if row.code not in ("", "unknown"))
    yield from (f"report.{report}.note.{note.code}" for note in content.notes)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_word_is_there(language: Language) -> None:
    known = texts(language)
    wanted = {key for report, content in contents() for key in keys(report, content)}
    wanted |= {f"report.flag.{flag}" for flag in FLAGS}
    assert sorted(key for key in wanted if not known.get(key)) == []
