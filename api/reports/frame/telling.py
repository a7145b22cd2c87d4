"""A report is told: asked, gathered, built, hashed, and given its revision by the hub."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from api.deck import Deck
from api.local_days import day_of
from api.problems import Problem
from api.reports.frame.document import Copy, Question, canonical_question, document, question
from api.reports.frame.tabular import AsOf, TabularQuery, TabularReport
from storage.contract import TooManyRows
from storage.reporting import Revision

EXACT = "exact"
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Asker:
    """Who a report is told to: ``audience`` exact or public; which part of the province (None: all)."""

    id: str
    audience: str = EXACT
    districts: frozenset[str] | None = None
    sites: frozenset[str] | None = None


class Teller:
    """Tells one report to one asker."""

    def __init__(self, deck: Deck, report: TabularReport, asker: Asker) -> None:
        self._deck, self._report, self._asker = deck, report, asker
        self._zone = ZoneInfo(deck.settings.timezone)

    async def tell(self, asked: TabularQuery) -> Copy:
        """As it is known now, or the revision that was asked for; raises Problem 404, 410, 413, 422."""
        if asked.revision is not None:
            return await self.again(asked, asked.revision)
        for _ in range(_TRIES):
            copy = await self._build(asked, await self._last_number())
            if (told := await self._registered(copy)) is not None:
                return told
        return copy

    async def again(self, asked: TabularQuery, number: int) -> Copy:
        """Revision ``number``, made anew from the log; raises Problem 404, 410 if it gives other data."""
        for known in await self.revisions(asked):
            if known.revision == number:
                return await self.as_told(asked, known)
        raise Problem(404, "report.no_revision", "This report has no such revision for this question.")

    async def as_told(self, asked: TabularQuery, known: Revision) -> Copy:
        """Raises Problem 410."""
        copy = await self._build(asked, known.up_to)
        if copy.sha256 != known.sha256:
            raise Problem(
                410,
                "report.not_reproducible",
                "The log or this version of epihub no longer gives the data of that revision.",
                sha256=known.sha256,
            )
        return Copy(copy.document, copy.sha256, copy.store, known.up_to, known.revision)

    async def revisions(self, asked: TabularQuery) -> list[Revision]:
        """Those of this question, the newest first."""
        return await self._deck.reader.report_revisions(
            self._report.name, canonical_question(self._question(asked))
        )

    def as_of(self, asked: TabularQuery, up_to: int) -> AsOf:
        """Raises Problem 422 for a day that has not begun."""
        today = day_of(self._deck.now_ms(), self._zone)
        day = asked.date or today - timedelta(days=1)
        if day > today or (asked.from_ is not None and asked.from_ > day):
            raise Problem(422, "range.future", "That day has not begun, or from is after it.")
        who = self._asker
        return AsOf(up_to, day, self._zone, asked.from_, who.districts, who.sites)

    def _question(self, asked: TabularQuery) -> Question:
        return question(asked, self.as_of(asked, 0), self._asker.audience)

    async def _build(self, asked: TabularQuery, up_to: int) -> Copy:
        self._check_scope(asked)
        as_of = self.as_of(asked, up_to)
        try:
            inputs = await self._report.gather(self._deck.reader, asked, as_of)
        except TooManyRows as error:
            detail = "More facts than one report reads: ask for fewer days, or for one district."
            raise Problem(422, "range.too_long", detail) from error
        store = (await self._deck.reader.figures()).store
        return await asyncio.to_thread(self._made, inputs, asked, as_of, store)

    def _made(self, inputs: Any, asked: TabularQuery, as_of: AsOf, store: str) -> Copy:
        content = self._report.build(inputs, asked, as_of)
        told = document(self._report, self._question(asked), as_of, content)
        return Copy(told, told.digest(), store, as_of.up_to, None)

    def _check_scope(self, asked: TabularQuery) -> None:
        allowed = self._asker.districts
        if asked.district is not None and allowed is not None and asked.district not in allowed:
            raise Problem(403, "scope.outside", "That district is not yours to see.")

    async def _last_number(self) -> int:
        return (await self._deck.reader.figures()).last_number

    async def _registered(self, copy: Copy) -> Copy | None:
        """With its revision, without one while the hub is away; None where a newer one was told meanwhile."""
        told = copy.document
        answer = await self._deck.hub.revise_report(
            report=told.report,
            query=canonical_question(told.query),
            up_to=copy.up_to,
            sha256=copy.sha256,
            event_count=told.content.event_count,
        )
        if answer is None:
            return copy
        if answer["outcome"] != "done":
            return None
        return Copy(told, copy.sha256, copy.store, answer["up_to"], answer["revision"])
