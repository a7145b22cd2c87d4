"""The daily report of quarantine sites (system 3 of the plan)."""

from functools import partial

from api.reports.facility_days.building import build
from api.reports.facility_days.reading import gather
from api.reports.frame.tabular import TabularQuery, TabularReport
from api.reports.quarantine_daily.fields import QUARANTINE

REPORT = TabularReport(
    "quarantine-daily", TabularQuery, partial(gather, QUARANTINE), partial(build, QUARANTINE), system=3
)
