"""The chart of a month: a bar from the least to the greatest of each day, limits, unseen time hatched."""

from collections.abc import Sequence
from typing import Any

from reportlab.lib.units import mm
from reportlab.platypus import Flowable

from api.reports.pdf_paper import BAD, FAINT, GOOD, INK, PLAIN, RULE, STRIPE, WIDTH
from api.reports.report import Facts

_HEIGHT = 58 * mm
_LEFT, _FOOT = 10 * mm, 6 * mm
_MINUTES_A_DAY = 1440
_HATCH = 1.6 * mm
_LEAST_BAR = 0.7  # points: a day of one value is seen too


class DayChart(Flowable):  # type: ignore[misc]
    """``days``: as the facts have them; ``low`` and ``high``: the limits in °C."""

    def __init__(self, days: Sequence[Facts], low: float, high: float, number: Any) -> None:
        super().__init__()
        self.width, self.height = WIDTH, _HEIGHT
        self._days, self._low, self._high, self._number = days, low, high, number
        seen = [value for day in days for value in (day["min"], day["max"]) if value is not None]
        self._bottom = min([low - 1, *seen]) - 0.5
        self._top = max([high + 1, *seen]) + 0.5

    def draw(self) -> None:
        """On the canvas that reportlab gives."""
        self._draw_scale()
        for place, day in enumerate(self._days):
            self._draw_gaps(place, day["gaps"])
        self._draw_limits()
        for place, day in enumerate(self._days):
            self._draw_day(place, day)

    def _x(self, place: float) -> float:
        return float(_LEFT + (self.width - _LEFT) * place / len(self._days))

    def _y(self, degrees: float) -> float:
        share = (degrees - self._bottom) / (self._top - self._bottom)
        return float(_FOOT + (self.height - _FOOT) * share)

    def _draw_scale(self) -> None:
        pen = self.canv
        pen.setStrokeColor(RULE)
        pen.setLineWidth(0.3)
        pen.setFillColor(FAINT)
        pen.setFont(PLAIN, 6.5)
        step = _step(self._top - self._bottom)
        for degrees in range(int(self._bottom // step) * step, int(self._top) + 1, step):
            if self._bottom <= degrees <= self._top:
                pen.line(_LEFT, self._y(degrees), self.width, self._y(degrees))
                pen.drawRightString(_LEFT - 2, self._y(degrees) - 2, self._number(degrees))

    def _draw_gaps(self, place: int, gaps: Sequence[Sequence[int]]) -> None:
        """Stripes over the part of the day that nobody saw, from top to bottom."""
        pen = self.canv
        for begin, end in gaps:
            left, right = self._x(place + begin / _MINUTES_A_DAY), self._x(place + end / _MINUTES_A_DAY)
            pen.saveState()
            area = pen.beginPath()
            area.rect(left, _FOOT, max(0.4, right - left), self.height - _FOOT)
            pen.clipPath(area, stroke=0, fill=0)
            pen.setStrokeColor(STRIPE)
            pen.setLineWidth(0.35)
            at = left - self.height
            at -= at % _HATCH  # stripes of neighbours meet
            while at < right:
                pen.line(at, _FOOT, at + self.height, _FOOT + self.height)
                at += _HATCH
            pen.restoreState()

    def _draw_limits(self) -> None:
        pen = self.canv
        pen.saveState()
        pen.setStrokeColor(BAD)
        pen.setLineWidth(0.8)
        pen.setDash(3, 2)
        for limit in (self._low, self._high):
            pen.line(_LEFT, self._y(limit), self.width, self._y(limit))
        pen.restoreState()

    def _draw_day(self, place: int, day: Facts) -> None:
        pen, middle = self.canv, (self._x(place) + self._x(place + 1)) / 2
        pen.setFillColor(INK)
        pen.setFont(PLAIN, 6)
        pen.drawCentredString(middle, 1.2 * mm, day["day"][8:].lstrip("0"))
        if day["min"] is None:
            return
        bottom, top = self._y(day["min"]), self._y(day["max"])
        width = (self._x(place + 1) - self._x(place)) * 0.55
        outside = day["above_minutes"] or day["below_minutes"]
        pen.setFillColor(BAD if outside else GOOD)
        pen.rect(middle - width / 2, bottom, width, max(_LEAST_BAR, top - bottom), stroke=0, fill=1)


def _step(span: float) -> int:
    """Between two lines of the scale, °C: at most about ten lines."""
    return next((step for step in (1, 2, 5, 10, 20, 50, 100) if span / step <= 10), 200)
