"""What a hub answers on its local socket about vaccine lots: where one is put or moved to, that it went out.

What is known of vaccines is loaded with the first of them: most hubs never hear of one.
"""

import asyncio
from collections.abc import Callable, Sequence

from hub.alarms.incidents.actions import Place
from hub.clock import now_ms
from hub.control import Answer, Handler
from hub.events import format_time
from hub.runtime.alarm_ledger import AlarmLedger
from storage.contract import Batch, EventStore, StoreReader
from storage.lots import CHAIN_BEGINS, MOST_LOTS, LotFilter, Placement, link

UNKNOWN_SITE, NO_UNIT = "hub", "lots"  # of a unit that no device is
MOST_LISTED = 500  # with the wholes of parts: what the store gives at once


class LotDesk:
    """One at a time: what is checked is what is written after.

    ``ledger``: each row is told there in the same commit, with what the chain of all rows comes to.
    """

    def __init__(
        self,
        store: EventStore,
        open_reader: Callable[[], StoreReader],
        clock: Callable[[], int] = now_ms,
        ledger: AlarmLedger | None = None,
    ) -> None:
        self._store = store
        self._open_reader = open_reader
        self._now_ms = clock
        self._ledger = ledger
        self._chain = (0, CHAIN_BEGINS)  # the last row that is in it, and what they come to
        self._one = asyncio.Lock()

    def calls(self) -> dict[str, Handler]:
        return {"lot.place": self.place, "lots": self.lots}

    async def place(
        self,
        lot: str,
        by: str,
        unit: str = "",
        product: str = "",
        from_ms: int | None = None,
        doses: int | None = None,
        expiry: str = "",
        vvm: str = "",
        thawed_ms: int | None = None,
        corrects: int = 0,
        reason: str = "",
    ) -> Answer:
        """{outcome, reason}: "done", or "refused" with a code. What is left out is as it was told before.

        An empty ``unit`` takes it out. The same twice is one row.
        """
        at_ms = self._now_ms()
        since_ms = at_ms if from_ms is None else from_ms
        async with self._one:
            known = await self._known(lot)
            row = Placement(
                0, lot, product, unit, doses, expiry, vvm, since_ms, thawed_ms, corrects, reason, by, at_ms
            )
            return await self._enter(_completed(row, known), [one for one in known if one.lot == lot])

    async def lots(self, unit: str = "") -> Answer:
        """{items}: lots by number with where each is now; of one ``unit`` those that are or were in it."""
        from hub.exposure.placements import history_of, place_now, whole_of

        reader = self._open_reader()
        await reader.open()
        try:
            names = await reader.lots(LotFilter(unit or None), "", limit=MOST_LISTED)
            rows = await reader.placements(sorted({*names, *map(whole_of, names)}))
        finally:
            await reader.close()
        now = [place_now(history_of(name, rows), self._now_ms()) for name in names]
        return {"items": [_item(name, row) for name, row in zip(names, now, strict=True) if row]}

    async def _enter(self, row: Placement, known: Sequence[Placement]) -> Answer:
        from hub.exposure.placement_checks import refusal, same

        if same(row, known) is None:
            code = refusal(row, known, row.at_ms)
            if code:
                return {"outcome": "refused", "reason": code}
            await self._write(row, known)
        return {"outcome": "done", "reason": ""}

    async def _write(self, row: Placement, known: Sequence[Placement]) -> None:
        if self._ledger is None:
            await self._store.write(Batch(self._store.term, received_ms=row.at_ms, placements=[row]))
            return
        device = row.unit or _unit_before(row, known)
        site = await self._follow(device)
        number, before = self._chain
        told = Place(row.actor, "", number + 1, link(before, row._replace(number=number + 1)))
        await self._ledger.enter(
            lambda book: book.act_on_device(site, device, told, row.at_ms), placements=[row]
        )

    async def _follow(self, device: str) -> str:
        """Bring the chain to its end; the site of the device."""
        reader = self._open_reader()
        await reader.open()
        try:
            while rows := await reader.placements_after(self._chain[0], limit=MOST_LOTS):
                for row in rows:
                    self._chain = row.number, link(self._chain[1], row)
            devices = await reader.devices()
        finally:
            await reader.close()
        return next((str(each["site"]) for each in devices if each["device"] == device), UNKNOWN_SITE)

    async def _known(self, lot: str) -> list[Placement]:
        """Of the lot, and of the whole that it is a part of."""
        from hub.exposure.placements import whole_of

        reader = self._open_reader()
        await reader.open()
        try:
            return await reader.placements(sorted({lot, whole_of(lot)}))
        finally:
            await reader.close()


def _unit_before(row: Placement, known: Sequence[Placement]) -> str:
    """Where it is taken out of."""
    from hub.exposure.placements import place_now, standing

    corrected = next((one.unit for one in known if one.number == row.corrects), "")
    rest = [one for one in standing(known) if one.number != row.corrects]
    before = place_now(rest, row.from_ms)
    return corrected or (before.unit if before else "") or NO_UNIT


def _item(name: str, row: Placement) -> Answer:
    return {
        "lot": name,
        "unit": row.unit,
        "reason": row.reason,
        "since": format_time(row.from_ms),
        "product": row.product,
        "expiry": row.expiry,
    }


def _completed(row: Placement, known: Sequence[Placement]) -> Placement:
    """With product, expiry and monitor of the last row that stands, its own or that of the whole."""
    from hub.exposure.placements import standing

    rows = [one for one in known if one.lot == row.lot] or list(known)
    last = max(standing(rows), key=lambda one: one.number, default=None)
    if last is None:
        return row
    return row._replace(
        product=row.product or last.product, expiry=row.expiry or last.expiry, vvm=row.vvm or last.vvm
    )
