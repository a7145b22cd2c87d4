"""Beds and patients of field hospitals, day by day (system 8 of the plan)."""

from functools import partial

from api.reports.facility_days.building import build
from api.reports.facility_days.reading import gather
from api.reports.field_hospitals.fields import FIELD_HOSPITALS
from api.reports.frame.tabular import TabularQuery, TabularReport

REPORT = TabularReport(
    "field-hospitals",
    TabularQuery,
    partial(gather, FIELD_HOSPITALS),
    partial(build, FIELD_HOSPITALS),
    system=8,
)
