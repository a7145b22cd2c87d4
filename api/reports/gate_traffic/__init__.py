"""Who came and went through gates (system 4 of the plan)."""

from api.reports.frame.tabular import TabularReport
from api.reports.gate_traffic.traffic import GateTrafficQuery, build, gather

REPORT = TabularReport("gate-traffic", GateTrafficQuery, gather, build, system=4)
