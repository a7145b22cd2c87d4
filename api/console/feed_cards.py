"""Systems that get what the store holds, as cards of the page of destinations: state, counts, letters."""

from nicegui import ui

from api.console.condition import SIGNS, Condition
from api.console.visit import Visit
from api.console.wording import Wording, ms_of
from api.destinations import UNUSED, destination_rows
from api.problems import Problem
from storage.contract import Row

MOST_LETTERS = 50
CONDITIONS: dict[str, Condition] = {
    "following": "ok",
    "catching_up": "info",
    "paused": "info",
    "disabled": "bad",
    "away": "warn",
}
COUNTS = ("taken", "waiting", "dead", "forgotten", "dropped", "replayed")


def condition_of(row: Row) -> Condition:
    """One that runs and has dead letters, or missed events, needs a look."""
    condition = CONDITIONS.get(str(row["state"]), "unknown")
    return "warn" if condition in {"ok", "info"} and (row["dead"] or row["forgotten"]) else condition


def figures(say: Wording, row: Row, now_ms: int) -> list[tuple[str, str]]:
    """Key of the label and what is told; of rare counts only those that are not 0."""
    answer = str(row["last_answer"] or "")
    age = say.age(ms_of(row["last_answer_at"]), now_ms)
    told = f"{say.named('feed_answer', answer)} · {age}" if answer else "—"
    rare = {"forgotten", "dropped", "replayed"}
    counts = [(key, say.count(row[key])) for key in COUNTS if row[key] or key not in rare]
    return [("last_answer", told), *counts]


def why(say: Wording, row: Row) -> str:
    """A sentence about a state that needs one; empty for the others."""
    if row["paused_by"]:
        return say("feed.paused_by", who=row["paused_by"], moment=say.moment(ms_of(row["paused_since"])))
    told = say.named("feed_why", str(row["state"]))
    return "" if told == row["state"] else told


class FeedCards:
    """Of one visitor; ``shown`` says whether there is any."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.shown = False
        say = visit.say
        self._drawn: object = None
        self._title = ui.label(say("feed.title")).classes("eh-strong").props("role=heading aria-level=2")
        self._told = ui.label().classes("eh-told").props("role=status")
        self._cards = ui.element("div").classes("eh-cards")
        with ui.dialog() as self._dialog, ui.card().classes("eh-dialog eh-dialog-wide"):
            self._letters_of = ui.label().classes("eh-strong").props("role=heading aria-level=2")
            self._letters = ui.element("div").classes("eh-list")
            with ui.element("div").classes("eh-dialog-acts"):
                ui.button(say("app.close"), on_click=self._dialog.close).props("flat no-caps")

    async def tick(self, now_ms: int) -> None:
        """Ask and draw what changed."""
        try:
            rows = await destination_rows(self.visit.deck)
        except Problem:
            if self.shown:
                self._told.set_text(self.visit.say("feed.lost"))
                self._cards.clear()
                self._drawn = None
            self._title.set_visibility(self.shown)
            return
        self.shown = bool(rows)
        self._title.set_visibility(self.shown)
        if (rows, now_ms // 10_000) == self._drawn:
            return
        if self._drawn is None:
            self._told.set_text("")
        self._drawn = (rows, now_ms // 10_000)
        self._cards.clear()
        with self._cards:
            for row in rows:
                self._card(row, now_ms)

    def _card(self, row: Row, now_ms: int) -> None:
        say, condition, name = self.visit.say, condition_of(row), str(row["id"])
        with ui.element("article").classes(f"eh-card eh-destination eh-is-{condition}"):
            with ui.element("div").classes("eh-card-head"):
                ui.label(name).classes("eh-strong").props("role=heading aria-level=3")
                state = say.named("feed_state", str(row["state"]))
                ui.label(f"{SIGNS[condition]} {state}").classes("eh-chip")
            if sentence := why(say, row):
                ui.label(sentence).classes("eh-why")
            with ui.element("div").classes("eh-card-now"):
                backlog = row["backlog"]
                ui.label("—" if backlog is None else say.count(backlog)).classes("eh-card-value")
                ui.label(say("feed.backlog")).classes("eh-faint")
            for key, value in figures(say, row, now_ms):
                with ui.element("div").classes("eh-row eh-figure"):
                    ui.label(say.named("feed", key))
                    ui.label(value).classes("eh-strong")
            self._acts(row, name)

    def _acts(self, row: Row, name: str) -> None:
        say = self.visit.say
        with ui.element("div").classes("eh-acts"):
            if row["dead"]:
                look = ui.button(say("feed.show_dead"), icon="list")
                look.on_click(lambda: self._show(name)).props("flat dense no-caps")
            if not self.visit.who.may("admin") or row["state"] == UNUSED:
                return
            resumes = row["paused_by"] or row["state"] == "disabled"
            action, icon = ("resume", "play_arrow") if resumes else ("pause", "pause")
            button = ui.button(say.named("feed", action), icon=icon)
            button.on_click(lambda: self._order(action, name)).props("outline dense no-caps")
            if row["dead"]:
                again = ui.button(say("feed.replay"), icon="replay")
                again.on_click(lambda: self._order("replay", name, dead=True)).props("outline dense no-caps")

    async def _order(self, call: str, name: str, **asked: bool) -> None:
        say = self.visit.say
        try:
            await self.visit.deck.hub.destination(call, name=name, by=self.visit.who.id, **asked)
        except Problem:
            self._told.set_text(say("feed.not_done"))
            return
        await self.tick(self.visit.deck.now_ms())
        self._told.set_text(f"{name}: {say.named('feed_done', call)}")

    async def _show(self, name: str) -> None:
        say = self.visit.say
        self._letters_of.set_text(say("feed.dead_of", name=name))
        self._letters.clear()
        try:
            told = await self.visit.deck.hub.destination(
                "outbox", name=name, state="dead", limit=MOST_LETTERS
            )
        except Problem:
            self._told.set_text(say("feed.lost"))
            return
        with self._letters:
            for row in told["items"]:
                since = say.moment(ms_of(row["first_failed"]))
                ui.label(f"{say.count(row['number'])} · {row['event_type']} · {since}").classes("eh-faint")
                ui.label(say.named("feed_answer", row["reason"])).classes("eh-strong")
        self._dialog.open()
