"""A report is told: asked, gathered, built, hashed, and given its revision by the hub."""

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from api.access import Identity
from api.deck import Deck
from api.local_days import day_of
from api.problems import Problem, not_found
from api.reports.frame.content import Content
from api.reports.frame.document import Copy, Question, canonical_question, document, question
from api.reports.frame.suppression import of_district, public
from api.reports.frame.tabular import EARLIEST, AsOf, TabularQuery, TabularReport
from api.scope import scope_text
from hub.places import register
from storage.contract import StoreReader, TooManyRows
from storage.reporting import Revision

EXACT, PUBLIC = "exact", "public"
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Compared:
    """Two tellings of one report: ``before`` an earlier one."""

    before: Copy
    after: Copy


class Teller:
    """Tells one report to one asker; ``deck`` is held to the scope of ``who``."""

    def __init__(self, deck: Deck, report: TabularReport, who: Identity) -> None:
        self._deck, self._report = deck, report
        self._zone = ZoneInfo(deck.settings.timezone)
        self._audience = EXACT if who.may("reporter") else PUBLIC

    async def tell(self, asked: TabularQuery) -> Copy:
        """As it is known now, or the revision that was asked for; raises Problem 403, 404, 410, 422."""
        self._check_district(asked)
        if asked.revision is not None:
            return await self._numbered(asked, asked.revision)
        for _ in range(_TRIES):
            copy = await self._build(asked, await self._last_number())
            if (told := await self._registered(copy)) is not None:
                return told
        return copy

    async def compare(self, asked: TabularQuery, since: int | None) -> Compared:
        """With revision ``since`` of the same question, or with how the day before was told last."""
        after = await self.tell(asked)
        if since is not None:
            return Compared(await self._numbered(asked, since), after)
        day = self.as_of(asked, 0).day - timedelta(days=1)
        if day < EARLIEST:
            raise Problem(404, "report.no_revision", "There is no report of the day before.")
        earlier = asked.model_copy(update={"date": day, "revision": None})
        told = await self.revisions(earlier)
        before = await self._as_told(earlier, told[0]) if told else await self.tell(earlier)
        return Compared(before, after)

    async def revisions(self, asked: TabularQuery) -> list[Revision]:
        """Those of this question, the newest first."""
        asked_before = canonical_question(self._question(asked))
        return await self._deck.reader.report_revisions(self._report.name, asked_before)

    def as_of(self, asked: TabularQuery, up_to: int) -> AsOf:
        """Raises Problem 422 for a day that has not begun."""
        today = day_of(self._deck.now_ms(), self._zone)
        day = asked.date or today - timedelta(days=1)
        if day > today or (asked.from_ is not None and asked.from_ > day):
            raise Problem(422, "range.future", "That day has not begun, or from is after it.")
        scope = self._deck.scope
        within = (None, None) if scope is None else (scope.districts, scope.sites)
        return AsOf(up_to, day, self._zone, asked.from_, *within)

    async def _numbered(self, asked: TabularQuery, number: int) -> Copy:
        """Made anew from the log; raises Problem 404, 410 if that gives other data."""
        for known in await self.revisions(asked):
            if known.revision == number:
                return await self._as_told(asked, known)
        raise Problem(404, "report.no_revision", "This report has no such revision for this question.")

    async def _as_told(self, asked: TabularQuery, known: Revision) -> Copy:
        copy = await self._build(asked, known.up_to)
        if copy.sha256 != known.sha256:
            detail = "The log or this version of epihub no longer gives the data of that revision."
            raise Problem(410, "report.not_reproducible", detail, sha256=known.sha256)
        return replace(copy, up_to=known.up_to, revision=known.revision)

    def _question(self, asked: TabularQuery) -> Question:
        return question(asked, self.as_of(asked, 0), self._audience, scope_text(self._deck.scope))

    async def _build(self, asked: TabularQuery, up_to: int) -> Copy:
        as_of, told_of = self.as_of(asked, up_to), self._asked_of_data(asked)
        try:
            inputs = await self._report.gather(self._reader(), told_of, as_of)
        except TooManyRows as error:
            detail = "More facts than one report reads: ask for fewer days, or for one district."
            raise Problem(422, "range.too_long", detail) from error
        store = (await self._deck.reader.figures()).store
        return await asyncio.to_thread(self._made, inputs, asked, as_of, store)

    def _made(self, inputs: Any, asked: TabularQuery, as_of: AsOf, store: str) -> Copy:
        content = self._report.build(inputs, self._asked_of_data(asked), as_of)
        told = document(self._report, self._question(asked), as_of, self._shown(content, asked))
        return Copy(told, told.digest(), store, as_of.up_to, None)

    def _asked_of_data(self, asked: TabularQuery) -> TabularQuery:
        """The public's numbers are withheld in the whole province first: two questions must not differ."""
        return asked if self._audience == EXACT else asked.model_copy(update={"district": None})

    def _shown(self, content: Content, asked: TabularQuery) -> Content:
        if self._audience == EXACT:
            return content
        told = public(content)
        return told if asked.district is None else of_district(told, asked.district)

    def _reader(self) -> StoreReader:
        return (self._report.whole and self._deck.whole) or self._deck.reader

    def _check_district(self, asked: TabularQuery) -> None:
        """Raises Problem 403 for one out of the scope, 404 for one that there was not on that day."""
        if asked.district is None:
            return
        if self._deck.scope is not None:
            self._deck.scope.require_district(asked.district)
        if register().reported_district(asked.district, self.as_of(asked, 0).day) is None:
            raise not_found("district")

    async def _last_number(self) -> int:
        return (await self._deck.reader.figures()).last_number

    async def _registered(self, copy: Copy) -> Copy | None:
        """With its revision, without one while the hub is away; None where a newer log was told meanwhile."""
        told = copy.document
        query = canonical_question(told.query)
        known = await self._deck.reader.report_revisions(told.report, query)
        if known and known[0].sha256 == copy.sha256:
            return replace(copy, up_to=known[0].up_to, revision=known[0].revision)
        answer = await self._deck.hub.revise_report(
            report=told.report,
            query=query,
            up_to=copy.up_to,
            sha256=copy.sha256,
            event_count=told.content.event_count or 0,
        )
        if answer is None:
            return copy
        if answer["outcome"] != "done":
            return None
        return replace(copy, up_to=answer["up_to"], revision=answer["revision"])
