"""F0 and F1 by district and commune (system 6 of the plan)."""

from api.reports.case_counts.counted import CasesQuery, build, gather
from api.reports.frame.tabular import TabularReport

REPORT = TabularReport("cases", CasesQuery, gather, build, system=6, whole=True)
