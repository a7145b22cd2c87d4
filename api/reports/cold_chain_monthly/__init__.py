"""The monthly report of one cold-chain unit."""

from api.console.wording import Language
from api.reports.cold_chain_monthly.csv_file import csv_file
from api.reports.cold_chain_monthly.example import EXAMPLE
from api.reports.cold_chain_monthly.month_facts import NAME, MonthlyQuery, facts, file_name
from api.reports.report import Facts, Report


def _pdf(told: Facts, language: Language) -> bytes:
    from api.reports.cold_chain_monthly.pdf_file import pdf_file  # needs the extra

    return pdf_file(told, language)


REPORT = Report(NAME, MonthlyQuery, facts, csv_file, _pdf, file_name, EXAMPLE)
