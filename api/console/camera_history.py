"""How a camera stood for a day or a month: a strip, what it comes to, small curves, and it in words."""

from nicegui import ui

from api.cameras import CURVES, camera_timeline
from api.console.alarm_words import short
from api.console.camera_sparks import Spark, spark, spark_svg
from api.console.camera_strip import lines, period_condition, periods_told, pieces, strip_svg, uptime_figures
from api.console.camera_words import megabits, percent
from api.console.condition import SIGNS, Condition
from api.console.visit import Visit
from api.console.wording import ms_of
from storage.cameras import CameraPeriod
from storage.contract import Row

DAY_HOURS, MONTH_HOURS = 24, 720
SPARKS = tuple(CURVES.values())
_AGAIN_MS = {DAY_HOURS: 10_000, MONTH_HOURS: 60_000}
_LEGEND: tuple[Condition, ...] = ("ok", "warn", "bad", "unknown", "info")


class CameraHistory:
    """Reads its own store: only a hub has one. Raises StoreUnavailable from ``tick``."""

    def __init__(self, visit: Visit, name: str) -> None:
        self.visit = visit
        self._name = name
        self._hours = DAY_HOURS
        self._read_ms = 0
        self._drawn: object = None
        say = visit.say
        with ui.element("div").classes("eh-tools"):
            spans = {hours: say(f"camera.span_{hours}") for hours in _AGAIN_MS}
            self._span = ui.toggle(spans, value=DAY_HOURS, on_change=self._chosen)
            self._span.props("no-caps unelevated dense").classes("eh-spans")
        self._strip = ui.element("div").classes("eh-cam-strip")
        with ui.element("div").classes("eh-cam-axis").props("aria-hidden=true"):
            self._axis = [ui.label().classes("eh-age") for _ in range(3)]
        with ui.element("div").classes("eh-chips eh-cam-legend"):
            for condition in _LEGEND:
                ui.label(f"{SIGNS[condition]} {say(f'camera.count_{condition}')}").classes(
                    f"eh-cam-key eh-is-{condition}"
                )
        self._uptime = ui.element("dl").classes("eh-cam-figures")
        self._sparks = ui.element("div").classes("eh-cam-sparks")
        self._words = ui.element("div").classes("eh-cam-words")

    async def _chosen(self) -> None:
        self._hours, self._read_ms = int(self._span.value), 0
        await self.tick()

    async def tick(self) -> None:
        now_ms, hours = self.visit.deck.now_ms(), self._hours
        if now_ms - self._read_ms < _AGAIN_MS[hours]:
            return
        told = await camera_timeline(self.visit.deck, self._name, hours)
        if hours == self._hours:  # another span may have been chosen meanwhile
            self._read_ms = now_ms
            self._draw(told)

    def _draw(self, told: Row) -> None:
        span = (ms_of(told["from"]) or 0, ms_of(told["to"]) or 0)
        periods, step_ms = periods_told(told), told["step_s"] * 1000
        curves = told["curves"]
        sparks = {name: spark(curves[name], *span, step_ms) if name in curves else None for name in SPARKS}
        drawn = pieces(periods, *span)
        self._draw_axis(*span)
        state = (self._hours, drawn, [period[2:] for period in periods], sparks)
        if state == self._drawn:
            return
        self._drawn = state
        self._strip.clear()
        with self._strip:
            ui.html(strip_svg(drawn), sanitize=False)
        self._draw_uptime(told)
        self._draw_sparks(sparks)
        self._draw_words(periods, span[1])

    def _draw_axis(self, from_ms: int, to_ms: int) -> None:
        for label, moment in zip(self._axis, (from_ms, (from_ms + to_ms) // 2, to_ms), strict=True):
            told = short(self.visit.say, moment)
            label.set_text(told if self._hours == DAY_HOURS else told[:5])

    def _draw_uptime(self, told: Row) -> None:
        say = self.visit.say
        self._uptime.clear()
        with self._uptime:
            for name, value in uptime_figures(say, told):
                with ui.element("div"):
                    with ui.element("dt"):
                        ui.label(say(f"camera.{name}"))
                    with ui.element("dd"):
                        ui.label(value)

    def _draw_sparks(self, sparks: dict[str, Spark | None]) -> None:
        say = self.visit.say
        self._sparks.clear()
        with self._sparks:
            for name, drawn in sparks.items():
                with ui.element("div").classes("eh-cam-spark"):
                    ui.label(say(f"camera.{name}")).classes("eh-faint")
                    if drawn is None:
                        ui.label(say("camera.spark_none")).classes("eh-faint")
                        continue
                    ui.label(self._value(name, drawn.last)).classes("eh-strong")
                    ui.html(spark_svg(drawn), sanitize=False)
                    low, high = self._value(name, drawn.low), self._value(name, drawn.high)
                    ui.label(say("camera.spark_range", low=low, high=high)).classes("eh-age")

    def _value(self, name: str, value: float) -> str:
        say = self.visit.say
        if name == "bitrate":
            return megabits(say, value)
        return (
            percent(say, value, 2)
            if name == "loss"
            else say("camera.per_second", value=say.decimal(value, 1))
        )

    def _draw_words(self, periods: list[CameraPeriod], now_ms: int) -> None:
        say = self.visit.say
        self._words.clear()
        told = lines(say, periods, now_ms)
        with self._words:
            title = ui.label(say("camera.timeline_words")).classes("eh-strong")
            title.props("role=heading aria-level=3")
            if not told:
                fine = any(period_condition(period) == "ok" for period in periods)
                ui.label(say("camera.all_well" if fine else "camera.no_timeline")).classes("eh-faint")
                return
            with ui.element("ul").classes("eh-unit-lines"):
                for condition, when, span, what in told:
                    with ui.element("li"):
                        ui.label(f"{when} ({span})").classes("eh-age")
                        ui.label(f"{SIGNS[condition]} {what}").classes(f"eh-cam-line eh-is-{condition}")
