"""One figure with its condition, linking to its page."""

from nicegui import ui

from api.console.condition import SIGNS, Condition
from api.console.visit import Visit


class Tile:
    """``name``: its title in the texts, tile.<name>; unknown until it is told."""

    def __init__(self, visit: Visit, name: str, icon: str, path: str) -> None:
        self._say = visit.say
        with ui.link(target=path).classes("eh-tile eh-is-unknown") as self._box:
            with ui.element("div").classes("eh-tile-head"):
                ui.icon(icon)
                ui.label(visit.say(f"tile.{name}"))
            self._figure = ui.label("—").classes("eh-tile-figure")
            self._sub = ui.label().classes("eh-tile-sub")
            self._mark = ui.label().classes("eh-mark")

    def show(self, condition: Condition, figure: str, sub: str) -> None:
        self._box.classes(replace=f"eh-tile eh-is-{condition}")
        self._figure.set_text(figure)
        self._sub.set_text(sub)
        self._mark.set_text(f"{SIGNS[condition]} {self._say(f'state.{condition}')}")
