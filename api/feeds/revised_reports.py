"""What a destination of reports looks at: the report that an event announces, made again from the log."""

from typing import Any
from zoneinfo import ZoneInfo

from api.reports.frame.document import Copy
from api.reports.frame.making import NotTheSame, make_again
from api.reports.report import find_tabular
from hub.events import Event, decode_data
from hub.feeds.contract import Told
from hub.payloads import ReportRevised
from storage.contract import StoreReader, TooManyRows


class RevisedReports:
    """hub.feeds.contract.Looks. What cannot be made again is answered with a code."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._reports = {report.name: report for report in find_tabular()}

    async def look(self, reader: StoreReader, told: Told) -> Copy | str:
        """Raises StoreUnavailable."""
        revised = revised_of(told.event)
        report = self._reports.get(revised.report) if revised else None
        if revised is None or report is None:
            return "report.unknown"
        try:
            return await make_again(report, revised, reader, self._zone)
        except NotTheSame as error:
            return str(error)
        except TooManyRows:
            return "report.too_long"


def revised_of(event: Event) -> ReportRevised | None:
    payload: Any = decode_data(event) if event.type == ReportRevised.TYPE else None
    return payload if isinstance(payload, ReportRevised) else None
