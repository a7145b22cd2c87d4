"""Vaccine stocks, sessions, and lots at risk (system 9 of the plan)."""

from api.reports.frame.tabular import TabularQuery, TabularReport
from api.reports.vaccine_stock.building import build
from api.reports.vaccine_stock.reading import gather

REPORT = TabularReport("vaccine-stock", TabularQuery, gather, build, system=9)
