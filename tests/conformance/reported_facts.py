"""One of everything that is reported."""

from hub.reported import (
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

ONE_OF_EACH: list[Reported] = [
    Declaration(reference="NC-1", date="2021-08-01", district="731"),
    Declaration(
        reference="NC-1",
        date="2021-08-02",
        district="731",
        person="p-66849121:a9fba9fba9fba9fba9fba9fba9fba9fb",
        symptoms=("fever", "cough"),
    ),
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
