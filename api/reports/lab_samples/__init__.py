"""Specimens and their results (system 7 of the plan)."""

from api.reports.frame.tabular import TabularReport
from api.reports.lab_samples.samples import LabSamplesQuery, build, gather

REPORT = TabularReport("lab-samples", LabSamplesQuery, gather, build, system=7)
