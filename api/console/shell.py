"""What surrounds every page: head, navigation, banners, clock; and the one timer that renews it all."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from nicegui import ui
from nicegui.elements.image import Image  # here, and so without Pillow (api.libraries_left_out)

from api.console.condition import Condition
from api.console.part_reasons import part_reason
from api.console.visit import ConsolePage, Tick, Visit
from api.console.wording import Wording
from api.link import Health

HEALTH: dict[str, Condition] = {"ok": "ok", "degraded": "warn", "down": "bad"}
SIGN_OF_BANNER = {"trial": "science", "warn": "warning", "bad": "cloud_off"}
REFRESH_SECONDS = 1.0


def health_condition(health: Health, *, fault: bool) -> Condition:
    return "unknown" if fault else HEALTH.get(health.status, "unknown")


def weak_parts(say: Wording, health: Health) -> str:
    """Names of the components that are not well and their reasons, in words."""
    parts = [(name, part) for name, part in health.components.items() if part["state"] != "ok"]
    told = [(say.named("part", name), part_reason(say, str(part["reason"]))) for name, part in parts]
    return " · ".join(f"{name}: {reason}" if reason else name for name, reason in told)


def where_text(visit: Visit) -> str:
    """Whose console this is: hub, edge, or both on one machine."""
    settings, say = visit.deck.settings, visit.say
    hub = [say("app.hub")] if settings.has_hub else []
    return " · ".join([*hub, settings.edge] if settings.has_edge else hub)


class Shell:
    """Head and banners of one page."""

    def __init__(self, visit: Visit, page: ConsolePage, pages: Sequence[ConsolePage]) -> None:
        self.visit = visit
        self._page = page
        self._head(pages)
        with ui.element("main").classes("eh-main"):
            self._banners = ui.column().classes("eh-banners")
            self._told: tuple[tuple[str, str], ...] | None = None
            with ui.row().classes("eh-title"):
                ui.label(visit.say(f"nav.{page.name}")).props("role=heading aria-level=1")
            self.body = ui.element("div").classes("eh-body")

    def _head(self, pages: Sequence[ConsolePage]) -> None:
        visit = self.visit
        with ui.header(elevated=False).classes("eh-header"):
            drawer_button = ui.button(icon="menu").props(
                f'flat dense round aria-label="{visit.say("app.menu")}"'
            )
            Image("/console/logo.svg").classes("eh-logo").props("no-spinner no-transition")
            with ui.element("div").classes("eh-brand"):
                ui.label("epihub").classes("eh-name")
                ui.label(visit.deck.settings.hub).classes("eh-hub")
            ui.label(where_text(visit)).classes("eh-where").tooltip(visit.say("app.where"))
            ui.space()
            with ui.link(target="/health").classes("eh-health") as self._health:
                ui.element("span").classes("eh-dot")
                self._health_word = ui.label()
            self._clock = ui.label().classes("eh-clock").tooltip(visit.say("app.clock"))
            self._switches()
        # Quasar opens it where there is room. Without a value NiceGUI would ask each browser, and log an
        # error for each that is slow or gone within a second.
        drawer = ui.left_drawer(value=False, bordered=True).classes("eh-nav")
        with drawer.props("show-if-above width=208 breakpoint=900"):
            for page in sorted(pages, key=lambda page: page.order):
                if not page.under and visit.who.may(page.role):
                    self._nav_item(page)
        drawer_button.on_click(drawer.toggle)

    def _nav_item(self, page: ConsolePage) -> None:
        here = page.path in (self._page.path, self._page.under)
        with ui.link(target=page.path).classes("eh-nav-item" + (" eh-here" if here else "")) as link:
            ui.icon(page.icon)
            ui.label(self.visit.say(f"nav.{page.name}"))
        if here:
            link.props("aria-current=page")

    def _switches(self) -> None:
        visit = self.visit
        with (
            ui.element("div")
            .classes("eh-switch")
            .props(f'role=group aria-label="{visit.say("app.language")}"')
        ):
            for language in ("vi", "en"):
                chosen = " eh-chosen" if language == visit.say.language else ""
                ui.link(language.upper(), self._preference(language=language)).classes(f"eh-lang{chosen}")
        dark = "0" if visit.dark else "1"
        with ui.link(target=self._preference(dark=dark)).classes("eh-tool").tooltip(visit.say("app.theme")):
            ui.icon("light_mode" if visit.dark else "dark_mode")
        if not visit.who.local:
            with ui.link(target="/logout").classes("eh-tool").tooltip(visit.say("app.leave")):
                ui.icon("logout")

    def _preference(self, **chosen: str) -> str:
        return "/preferences?" + urlencode(chosen | {"next": self.visit.path})

    async def tick(self) -> None:
        """Renew clock, health and banners; send a visitor away whose key is gone."""
        visit = self.visit
        self._require_visitor()
        health = await visit.board.health.get()
        store_away = visit.deck.store is not None and (await visit.board.latest.get()).fault
        edge_away = visit.deck.edge is not None and (await visit.board.edge.get()).fault
        condition = health_condition(health.value, fault=health.fault)
        self._clock.set_text(visit.say.moment(visit.deck.now_ms()))
        status = "unknown" if health.fault else health.value.status
        self._health.classes(replace=f"eh-health eh-is-{condition}")
        self._health_word.set_text(visit.say(f"health.{status}"))
        away = {"hub": health.fault, "store": store_away, "edge": edge_away}
        self._show_banners(self._banners_now(health.value, away))

    def _require_visitor(self) -> None:
        who, access = self.visit.who, self.visit.deck.access
        gone = access.required if who.local else access.keys.by_id(who.id) is None
        if gone:
            ui.navigate.to("/login")

    def _banners_now(self, health: Health, away: Mapping[str, bool]) -> tuple[tuple[str, str], ...]:
        say, has_hub = self.visit.say, self.visit.deck.settings.has_hub
        told = [("trial", say("banner.local"))] if self.visit.who.local else []
        if away["hub"] and has_hub:
            told.insert(0, ("bad", say("banner.hub_away")))
        elif not away["hub"] and health.status in {"degraded", "down"}:
            kind = "warn" if health.status == "degraded" else "bad"
            who = "hub" if has_hub else "edge"
            told.insert(0, (kind, say(f"banner.{who}_{health.status}", parts=weak_parts(say, health))))
        if away["edge"]:
            told.insert(0, ("bad", say("banner.edge_away")))
        if away["store"]:
            told.insert(0, ("bad", say("banner.store_away")))
        return tuple(told)

    def _show_banners(self, told: tuple[tuple[str, str], ...]) -> None:
        if told == self._told:
            return
        self._told = told
        self._banners.clear()
        with self._banners:
            for kind, text in told:
                tone = "warn" if kind == "trial" else kind
                with ui.row().classes(f"eh-banner eh-is-{tone}").props('role="status"'):
                    ui.icon(SIGN_OF_BANNER[kind])
                    ui.label(text)


def start(shell: Shell, tick: Tick) -> Tick:
    """Both halves renewed by one timer: at most one batch of changes a second to each browser."""

    async def both() -> None:
        await shell.tick()
        await tick()

    ui.timer(REFRESH_SECONDS, both, immediate=False)
    return both
