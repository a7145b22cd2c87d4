"""Workplaces by the risk that they gave themselves (system 2 of the plan)."""

from api.reports.frame.tabular import TabularQuery, TabularReport
from api.reports.workplace_risk.assessed import build, gather

REPORT = TabularReport("workplace-risk", TabularQuery, gather, build, system=2)
