"""A live AG Grid: rows change one by one, so that filters, order and place stay as the reader left them."""

from collections.abc import Sequence
from typing import Any

from nicegui import ui

from api.console.wording import Wording, texts
from storage.contract import Row


class LiveGrid:
    """``columns`` are AG Grid's; rows need ``id``. Cells are text, never HTML."""

    def __init__(self, say: Wording, columns: Sequence[dict[str, Any]], **options: Any) -> None:
        words = texts(say.language)
        self._rows: dict[str, Row] = {}
        self._order: list[str] = []
        self._filters: dict[str, dict[str, str]] = {}
        told: dict[str, Any] = {
            "columnDefs": list(columns),
            "defaultColDef": {
                "sortable": True,
                "resizable": True,
                "filter": "agTextColumnFilter",
                "floatingFilter": False,
                "suppressHeaderMenuButton": True,
                "flex": 1,
                "minWidth": 90,
            },
            "rowData": [],
            ":getRowId": "params => params.data.id",
            "animateRows": False,
            "rowHeight": 36,
            "headerHeight": 38,
            "suppressCellFocus": False,
            "localeText": {key[5:]: text for key, text in words.items() if key.startswith("grid.")},
        }
        self._grid = ui.aggrid(told | options, theme="quartz").classes("eh-grid")

    def show(self, rows: Sequence[Row]) -> None:
        """Bring the grid to ``rows``; what is new stands at the top. A new order is sent as a whole."""
        fresh = {str(row["id"]): row for row in rows}
        order = list(fresh)
        kept = [name for name in self._order if name in fresh]
        added = [name for name in order if name not in self._rows]
        if not self._rows or order != added + kept:
            self._whole(list(fresh.values()))
        else:
            self._change(fresh, added)
        self._rows, self._order = fresh, order

    def _whole(self, rows: list[Row]) -> None:
        self._grid.options["rowData"] = rows
        if self._grid.client.has_socket_connection:
            self._grid.run_grid_method("setGridOption", "rowData", rows)

    def _change(self, fresh: dict[str, Row], added: list[str]) -> None:
        changed = [row for name, row in fresh.items() if name in self._rows and row != self._rows[name]]
        gone = [{"id": name} for name in self._rows if name not in fresh]
        if added or changed or gone:
            told = {"add": [fresh[name] for name in added], "addIndex": 0, "update": changed, "remove": gone}
            self._grid.run_grid_method("applyTransaction", told)

    def search(self, text: str) -> None:
        """Show rows that hold ``text`` in any column."""
        self._grid.run_grid_method("setGridOption", "quickFilterText", text[:100])

    def narrow(self, column: str, value: str | None) -> None:
        """Show rows whose ``column`` is ``value``; None: whatever it is."""
        self._filters.pop(column, None)
        if value:
            self._filters[column] = {"filterType": "text", "type": "equals", "filter": value}
        self._grid.run_grid_method("setFilterModel", dict(self._filters))
