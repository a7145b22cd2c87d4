"""Health declarations by district (system 1 of the plan)."""

from api.reports.declarations.declared import build, gather
from api.reports.frame.tabular import TabularQuery, TabularReport

REPORT = TabularReport("declarations", TabularQuery, gather, build, system=1)
