"""Vaccine lots in the unit, each with its clock; for operators what may be told of them."""

from functools import partial
from typing import Any

from nicegui import ui

from api.console.condition import Condition
from api.console.live_list import LiveList
from api.console.lot_dialog import LotDialog
from api.console.lot_form import MOVE, OUT, PUT
from api.console.unit_section import UnitSection
from api.console.visit import Tick, Visit
from api.console.wording import Wording, ms_of
from api.lots import Lot, clock_row, lot_row, lots_inside
from api.problems import Problem
from api.unit_readings import UnitReadings
from hub.exposure.placements import place_now
from storage.contract import Row

MOST_SHOWN = 50
_AGAIN_MS = 60_000  # a clock is made of all readings since the lot came
_SOON_DAYS = 3
_TO_THE_MINUTE = 16


class Lots:
    """The section of one visitor."""

    def __init__(self, visit: Visit, device: str) -> None:
        self.visit, self._device = visit, device
        self._due_ms = 0
        self._more = ui.label().classes("eh-faint")
        self._list = LiveList(self._draw, visit.say("lot.none"))
        self._dialog: LotDialog | None = None
        if visit.who.may("operator"):
            self._dialog = LotDialog(visit, device, self._entered)
            put = ui.button(visit.say("lot.put"), on_click=partial(self._dialog.ask, PUT))
            put.props("flat no-caps icon=add_box")

    async def tick(self) -> None:
        """Read lots and clocks again once a minute. Raises StoreUnavailable."""
        now_ms = self.visit.deck.now_ms()
        if now_ms < self._due_ms:
            return
        deck = self.visit.deck
        readings = UnitReadings(deck.reader, deck.inventory)
        found = await lots_inside(deck.reader, self._device, now_ms)
        found.sort(key=lambda lot: lot.history[0].from_ms)  # the longest stay is read, the others are parts
        rows = [await self._row(lot, readings, now_ms) for lot in found[:MOST_SHOWN]]
        self._list.show(sorted(rows, key=_need))
        left_out = len(found) - len(rows)
        self._more.set_text(self.visit.say("lot.more", count=left_out) if left_out else "")
        self._due_ms = now_ms + _AGAIN_MS

    async def _entered(self) -> None:
        self._due_ms = 0
        await self.tick()

    async def _row(self, lot: Lot, readings: UnitReadings, now_ms: int) -> Row:
        deck = self.visit.deck
        standing = place_now(lot.history, now_ms)
        try:
            clock = await clock_row(lot, deck, readings, now_ms)
        except Problem:  # over a million readings
            clock = None
        if clock is not None:
            clock = clock | {"as_of": None, "to": None}  # not drawn: it would draw every entry anew
        return lot_row(lot, deck, now_ms) | {"clock": clock, "_standing": standing.number if standing else 0}

    def _draw(self, row: Row) -> ui.element:
        say, clock = self.visit.say, row["clock"]
        condition = condition_of(clock)
        with ui.element("article").classes(f"eh-unit-incident eh-is-{condition}") as entry:
            ui.label(row["id"]).classes("eh-strong")
            ui.label(row["product"]["name"]).classes("eh-clip")
            for flag in clock["flags"] if clock else ():
                ui.label(say(f"report.flag_{flag}")).classes(f"eh-chip eh-is-{condition}")
            about = [say("lot.expires", day=say_day(row["expiry"]))]
            about += [say("lot.doses", count=say.count(row["doses"]))] if row["doses"] else []
            ui.label(" · ".join(about)).classes("eh-faint")
            for line in clock_lines(say, clock):
                ui.label(line)
            if self._dialog:
                self._acts(self._dialog, row)
        return entry

    def _acts(self, dialog: LotDialog, row: Row) -> None:
        say = self.visit.say
        with ui.element("div").classes("eh-line"):
            for action, icon in ((MOVE, "move_up"), (OUT, "outbox")):
                button = ui.button(say(f"lot.{action}"), icon=icon, on_click=partial(dialog.ask, action, row))
                button.props(f'outline dense no-caps aria-label="{say(f"lot.{action}")} {row["id"]}"')


def condition_of(clock: Any) -> Condition:
    """Bad: not to be used; warn: soon, or it was out of range; unknown: nothing was seen."""
    if clock is None or clock["least"] is None:
        return "unknown"
    if clock["flags"]:
        return "bad"
    return "warn" if clock["days_left"] < _SOON_DAYS or clock["out_minutes"] else "ok"


def clock_lines(say: Wording, clock: Any) -> list[str]:
    """The clock in words."""
    if clock is None:
        return [say("lot.clock_unknown")]
    until = say.moment(ms_of(clock["discard_after"]))[:_TO_THE_MINUTE]
    days = clock["days_left"]
    left = say("lot.over", moment=until) if days < 0 else say("lot.days_left", count=days, moment=until)
    lines = [left]
    if clock["thawed"]:
        thawed = say.moment(ms_of(clock["thawed"]))[:_TO_THE_MINUTE]
        told = say("lot.thawed", moment=thawed, days=say.decimal(clock["fridge_days"]))
        lines.append(f"{told} {say('lot.inferred')}" if clock["thaw_inferred"] else told)
    out, unseen = say.count(clock["out_minutes"]), say.count(clock["unseen_minutes"])
    lines.append(say("lot.out_line", out=out, unseen=unseen))
    if clock["frozen"]:
        lines.append(say("lot.frozen", moment=say.moment(ms_of(clock["frozen"]))[:_TO_THE_MINUTE]))
    if clock["vvm_life_lost_percent"] is not None:
        lines.append(say("lot.vvm", percent=say.decimal(clock["vvm_life_lost_percent"])))
    return lines


def say_day(day: str) -> str:
    """YYYY-MM-DD as dd/MM/yyyy."""
    return "/".join(reversed(day.split("-")))


def _need(row: Row) -> tuple[bool, int, str]:
    """What must go first comes first."""
    clock = row["clock"]
    return (clock is not None and not clock["flags"], clock["days_left"] if clock else 0, row["id"])


def build(visit: Visit, device: str) -> Tick:
    return Lots(visit, device).tick


SECTION = UnitSection("lots", 60, build)
