"""A day's report of the whole province, made from the log for those who are sent it: no asker, no scope."""

import asyncio
from dataclasses import replace
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from api.reports.frame.document import Copy, document, question
from api.reports.frame.tabular import AsOf, TabularReport
from hub.payloads import ReportRevised
from storage.contract import StoreReader

EXACT = "exact"


class NotTheSame(ValueError):
    """The log or this version of epihub gives other data than were told."""


async def make_again(report: TabularReport, told: ReportRevised, reader: StoreReader, zone: ZoneInfo) -> Copy:
    """What ``told`` announces, byte for byte; raises NotTheSame, TooManyRows, StoreUnavailable."""
    asked = report.query.model_validate({"date": told.date})
    as_of = AsOf(told.up_to, date.fromisoformat(told.date), zone)
    inputs = await report.gather(reader, asked, as_of)
    store = (await reader.figures()).store
    copy = await asyncio.to_thread(_made, report, inputs, asked, as_of, store)
    if copy.sha256 != told.sha256:
        raise NotTheSame("report.not_reproducible")
    return replace(copy, revision=told.revision)


def _made(report: TabularReport, inputs: Any, asked: Any, as_of: AsOf, store: str) -> Copy:
    content = report.build(inputs, asked, as_of)
    made = document(report, question(asked, as_of, EXACT, ""), as_of, content)
    return Copy(made, made.digest(), store, as_of.up_to, None)
