"""A list whose entries stay in place: what is new is put in and what went is taken out, so that the reader's
place, the keyboard's focus and a ticked box outlive a change elsewhere in the list."""

from collections.abc import Callable, Sequence

from nicegui import ui

from storage.contract import Row


class LiveList:
    """Rows need ``id``; ``draw`` makes an entry and gives its element."""

    def __init__(self, draw: Callable[[Row], ui.element], empty: str) -> None:
        self._draw = draw
        self._rows: dict[str, Row] = {}
        self._entries: dict[str, ui.element] = {}
        self._box = ui.element("div").classes("eh-entries")
        with self._box:
            self._empty = ui.label(empty).classes("eh-empty")
        self._empty.set_visibility(False)

    @property
    def names(self) -> list[str]:
        """Ids of what is shown, in no order."""
        return list(self._rows)

    def show(self, rows: Sequence[Row]) -> list[str]:
        """Bring the list to ``rows``, in their order; gives the ids that went or were drawn anew."""
        wanted = {str(row["id"]): row for row in rows}
        stale = [name for name, row in self._rows.items() if wanted.get(name) != row]
        for name in stale:
            self._entries.pop(name).delete()
            del self._rows[name]
        for place, (name, row) in enumerate(wanted.items()):
            if name not in self._entries:
                self._add(name, row)
                self._entries[name].move(target_index=place)
        self._empty.set_visibility(not wanted)
        return stale

    def append(self, rows: Sequence[Row]) -> None:
        """Older ones, behind what is shown."""
        for row in rows:
            if (name := str(row["id"])) not in self._entries:
                self._add(name, row)

    def clear(self) -> None:
        """Nothing is known: neither rows nor that there are none."""
        for entry in self._entries.values():
            entry.delete()
        self._entries.clear()
        self._rows.clear()
        self._empty.set_visibility(False)

    def _add(self, name: str, row: Row) -> None:
        with self._box:
            self._entries[name] = self._draw(row)
        self._rows[name] = row
