"""A reader of reports without a store: facts and revisions in memory, as known up to a number."""

from collections.abc import Iterable

from storage.contract import Figures, Row
from storage.reporting import FactFilter, Revision, StoredFact

STORE = "0123456789abcdef"


class FakeFacts:
    """``facts``: every version in the order of its number; the last one of a subject stands."""

    def __init__(self, facts: Iterable[StoredFact] = ()) -> None:
        self.told = list(facts)
        self.revisions: list[Revision] = []

    async def facts(self, wanted: FactFilter) -> list[StoredFact]:
        known = [one for one in self.told if one.number <= wanted.up_to and wanted.type == one.payload.TYPE]
        standing = {one.subject: one for one in known}
        return [one for one in standing.values() if _within(one, wanted)]

    async def report_revisions(self, report: str, query: str) -> list[Revision]:
        found = [one for one in self.revisions if (one.report, one.query) == (report, query)]
        return found[::-1]

    async def revise_report(self, told: Revision) -> Revision:
        last = next(iter(await self.report_revisions(told.report, told.query)), None)
        if last is not None and last.sha256 == told.sha256:
            return last
        self.revisions.append(told._replace(revision=1 + (last.revision if last else 0)))
        return self.revisions[-1]

    async def figures(self) -> Figures:
        return Figures(STORE, 17, max((one.number for one in self.told), default=0), 0, 0, 0, 0, 0)

    async def open(self) -> None: ...
    async def close(self) -> None: ...

    async def devices(self) -> list[Row]:
        return []


def _within(one: StoredFact, wanted: FactFilter) -> bool:
    after = wanted.from_day is None or one.day >= wanted.from_day
    before = wanted.to_day is None or one.day <= wanted.to_day
    return after and before and (wanted.scopes is None or one.scope in wanted.scopes)
