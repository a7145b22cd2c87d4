"""What the store reads back is what the hub took in, to the last default."""

import msgspec
import pytest

from hub.reported import (
    REPORTED,
    Assessment,
    BedStatus,
    Declaration,
    FacilityRegistered,
    QuarantineDay,
    ReferenceSet,
    Reported,
    ReportRow,
    ReportRowsSet,
    RolloutSet,
    SpecimenRegistered,
    StockMoved,
    VaccinationSession,
)
from storage.reported_payloads import reader_of

TOLD: list[Reported] = [
    Declaration(reference="NC-1", date="2021-08-01", district="731"),
    Declaration(reference="NC-1", date="2021-08-02", district="731", symptoms=("fever", "cough")),
    Assessment(workplace="cty-1", district="731", level="low", submitted="2021-08-01T08:00:00+07:00"),
    QuarantineDay(facility="kc-1", date="2021-08-01", figures={"in_care": 7}, origin="imported"),
    BedStatus(facility="bv-1", date="2021-08-01", figures={"beds": 7}),
    StockMoved(facility="t-1", date="2021-08-01", lot="L1", product="az", kind="received", doses=10),
    VaccinationSession(facility="t-1", plan="p-1", date="2021-08-01", lot="L1", dose_number=1, doses=9),
    SpecimenRegistered(specimen="S-1", collected="2021-08-01T08:00:00+07:00"),
    FacilityRegistered(
        facility="kc-1", name="Trường Đỗ Văn Ừng", kind="quarantine", district="731", valid_from="2021-07-01"
    ),
    ReferenceSet(name="workplaces", valid_from="2021-07-01", value=16_116),
    RolloutSet(district="731", valid_from="2021-07-01", phase=2),
    ReportRowsSet(report="quarantine.daily", valid_from="2021-07-01", rows=(ReportRow("a", "Một", "One"),)),
]


@pytest.mark.parametrize("told", TOLD, ids=lambda told: told.TYPE)
def test_it_reads_what_the_bus_reads(told: Reported) -> None:
    read, data = reader_of(told.TYPE), msgspec.json.encode(told)
    first, second = read(data), read(data)
    assert (first, second) == (told, told)
    assert type(first) is type(told)
    assert first is not second
    assert {payload.TYPE for payload in REPORTED} == {each.TYPE for each in TOLD}


def test_one_payload_leaves_nothing_in_the_next() -> None:
    full, bare = TOLD[1], TOLD[0]
    read = reader_of(Declaration.TYPE)
    assert [read(msgspec.json.encode(each)) for each in (full, bare, full)] == [full, bare, full]
    with pytest.raises(KeyError):
        reader_of("lab.result.v1")
