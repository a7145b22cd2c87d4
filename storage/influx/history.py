"""What is older than the log: readings and hours day by day from the tables, the newest day first."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field

from storage.influx.closed_hours import DAYS_OF_HOURS, HOURS_A_DAY, page_of_hours
from storage.influx.days import DAY_MS, pages_of_day
from storage.influx.pages import Line, PageOfLog, Unwritable
from storage.projections import HISTORY_SENT, ProjectionReader

# Of days without anything so many are told at once.
EMPTY_DAYS = 50


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """``before``: with this page, all days from here on are sent; HISTORY_SENT: all there are.

    None: the day goes on.
    """

    lines: Sequence[Line] = ()
    unwritable: Sequence[Unwritable] = field(default=())
    before: int | None = None


async def first_history_day(reader: ProjectionReader, now_ms: int) -> int:
    """Where history begins: all days before it are to be sent."""
    days = await reader.reading_days()
    return max(now_ms // DAY_MS, days[1] if days else 0) + 1


async def pages_of_history(
    reader: ProjectionReader,
    pages: PageOfLog,
    before: int,
    *,
    hours_before: int,
    most_lines: int,
    now_ms: int,
) -> AsyncGenerator[HistoryPage, None]:
    """The days before ``before``, downwards, hours from ``hours_before`` on left out.

    Raises StoreUnavailable.
    """
    known = await reader.series()
    pages.know(known)
    series = [each.series for each in known]
    day = await _day_before(reader, before, now_ms)
    while day is not None:
        sent = False
        # One damaged chunk must not hold up everything behind it for ever: epihub verify tells of it.
        async for page in pages_of_day(
            reader, day, series, pages.prefix_of, most_lines=most_lines, skip_damaged=True
        ):
            sent = True
            yield HistoryPage([Line(text, 0) for text in page.lines], page.unwritable)
        hours = await page_of_hours(reader, pages, day * HOURS_A_DAY, hours_before)
        if hours.lines or hours.unwritable or sent or day % EMPTY_DAYS == 0:
            yield HistoryPage(hours.lines, hours.unwritable, day)
        day = await _day_before(reader, day, now_ms)
    yield HistoryPage(before=HISTORY_SENT)


async def _day_before(reader: ProjectionReader, day: int, now_ms: int) -> int | None:
    if day > now_ms // DAY_MS - DAYS_OF_HOURS:
        return day - 1
    return await reader.reading_day_before(day)
