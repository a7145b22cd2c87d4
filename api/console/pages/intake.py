"""Intake: what no device knows, as a table that is uploaded or one item in a form."""

from nicegui import ui

from api.console.intake_form import IntakeForm
from api.console.intake_upload import IntakeUpload
from api.console.visit import ConsolePage, Tick, Visit
from api.intake_files.columns import WITH_TABLE, TableKind, columns_of
from api.intake_uploads import configured_figures
from hub.intake_kinds import ADMIN_KINDS


class IntakePage:
    """The page of one visitor; a type that is not his is not offered."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        say, admin = visit.say, visit.who.may("admin")
        mine = [kind for kind in WITH_TABLE if admin or kind not in ADMIN_KINDS]
        self._begun = False
        ui.label(say("intake.intro")).classes("eh-note")
        named = {kind: say(f"intake_type.{kind}") for kind in mine}
        self._kind = ui.select(named, value="quarantine-daily", label=say("intake.type"))
        self._kind.props("dense outlined stack-label").classes("eh-field eh-intake-type")
        self._kind.on_value_change(self._draw)
        self._parts = ui.element("div").classes("eh-intake")

    async def tick(self) -> None:
        """What is typed in stays: the page is drawn once, and again when another type is chosen."""
        if not self._begun:
            self._begun = True
            await self._draw()

    async def _draw(self) -> None:
        kind: TableKind = self._kind.value
        columns = columns_of(kind, await configured_figures(self.visit.deck, kind))
        self._parts.clear()
        with self._parts:
            IntakeUpload(self.visit, kind, columns)
            IntakeForm(self.visit, kind, columns)


def build(visit: Visit) -> Tick:
    return IntakePage(visit).tick


PAGE = ConsolePage("/intake", "intake", 49, "edit_note", build, role="operator")
