"""A whole comparison of one projection, from its settings to the report: what the command does."""

from hub.errors import OperatorError
from storage.influx.cardinality import SeriesLimit
from storage.influx.lines import UnwritableError
from storage.influx.reading.read_back import ReadBack
from storage.influx.series_book import SeriesBook
from storage.influx.settings import ProjectionSettings
from storage.influx.verify import SHOWN_SECONDS, Asked, Progress, Verification, parts
from storage.influx.verifying.coming import ComingBook
from storage.influx.verifying.report import Report
from storage.influx.verifying.resending import Resending
from storage.projections import ProjectionReader, ProjectionRow, Series


def nothing(done: int, total: int) -> None:
    """A Progress that nobody sees."""


async def compare(
    reader: ProjectionReader,
    back: ReadBack,
    settings: ProjectionSettings,
    asked: Asked,
    resending: Resending | None = None,
    progress: Progress = nothing,
    *,
    shown_seconds: float = SHOWN_SECONDS,
) -> Report:
    """``resending`` None: nothing is repaired.

    Raises OperatorError (nothing was sent there yet), StoreUnavailable, ReadBackFailed and LinesNotTaken.
    """
    series = await reader.series()
    book = SeriesBook(SeriesLimit(settings.series_most))
    book.know(series)
    coming = ComingBook(reader, settings.name, series)
    row = _sent_there(await coming.row(), settings)
    report = Report(settings.name, row.history_day, unsent=sum(not _named(book, each) for each in series))
    verification = Verification(back, coming, report, resending, shown_seconds=shown_seconds)
    await verification.run(await parts(reader, book, series, row, asked), progress)
    return report


def _named(book: SeriesBook, series: Series) -> bool:
    try:
        book.reading_prefix(series.series)
    except UnwritableError:
        return False
    return True


def _sent_there(row: ProjectionRow, settings: ProjectionSettings) -> ProjectionRow:
    """Raises OperatorError for a row that tells of another server."""
    if row.target != settings.target:
        raise OperatorError(f"{settings.name}: its address is new: nothing was sent there yet")
    return row
