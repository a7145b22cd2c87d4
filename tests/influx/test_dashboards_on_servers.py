"""Every query of the dashboards, asked of a real server that has three hours of a site."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pytest

from storage.influx.pages import Line
from storage.influx.server import Written
from tests.fire.patience import until
from tests.influx.asked_as_grafana import Answered, Span, asked_by_influxql, asked_by_promql
from tests.influx.dashboard_sample import ANALYZERS, END_MS, GATES, HOURS, START_MS, sample_lines
from tests.influx.kept_by_servers import kept_by_influxd, kept_by_victoria_metrics
from tests.influx.pages_in_parts import KeptPoints, Key
from tests.influx.servers import Influxd, TimeSeriesServer, VictoriaMetrics
from tests.influx.test_dashboards import INFLUXQL, PROMQL, panels
from tools.dashboards.grafana import Language

pytestmark = pytest.mark.slow

SPAN = Span(START_MS, END_MS)
NOWHERE = "no-such-site"
Tags = tuple[tuple[str, str], ...]
NAMING = {"device", "metric", "fault", "call", "part", "zone"}


class Asked(NamedTuple):
    """One figure of a panel, to be asked in a language."""

    title: str
    target: dict[str, Any]
    every: str

    @property
    def at_site(self) -> bool:
        return "$site" in str(self.target)


class Filled:
    """A server that has a site's three hours; ``answers`` of each figure, in the order of the panels."""

    def __init__(self, server: TimeSeriesServer, language: Language) -> None:
        self.server = server
        self.database = server.new_database()
        self.site = f"site-{self.database}"
        self.lines = sample_lines(self.site)
        self.figures = [
            Asked(panel["title"], target, panel["interval"])
            for panel in panels(language)
            for target in panel["targets"]
        ]

    def fill(self) -> None:
        writer = self.server.writer(self.database)
        try:
            assert isinstance(writer.write(self.lines), Written)
        finally:
            writer.close()

    async def shown(self) -> "Filled":
        """Itself, once the server shows all that it took."""
        model = KeptPoints()
        model.write(Line(text, 0) for text in self.lines)
        await until(lambda: self._kept().keys() == model.points.keys(), "all points are shown")
        return self

    def _kept(self) -> Mapping[Key, object]:
        if isinstance(self.server, VictoriaMetrics):
            return kept_by_victoria_metrics(self.server, self.site)
        assert isinstance(self.server, Influxd)
        return kept_by_influxd(self.server, self.database)

    def answer(self, asked: Asked, site: str) -> list[Answered]:
        if isinstance(self.server, VictoriaMetrics):
            return asked_by_promql(self.server, asked.target, asked.every, site, SPAN)
        assert isinstance(self.server, Influxd)
        return asked_by_influxql(self.server, asked.target, asked.every, site, SPAN, self.database)


@pytest.fixture(scope="module")
def by_promql(victoria_metrics_server: VictoriaMetrics) -> Filled:
    filled = Filled(victoria_metrics_server, PROMQL)
    filled.fill()
    return filled


@pytest.fixture(scope="module")
def by_influxql(influxd_server: Influxd) -> Filled:
    filled = Filled(influxd_server, INFLUXQL)
    filled.fill()
    return filled


@pytest.fixture(params=["by_promql", "by_influxql"])
def filled(request: pytest.FixtureRequest) -> Filled:
    found: Filled = request.getfixturevalue(request.param)
    return found


async def test_every_query_answers_rows(filled: Filled) -> None:
    await filled.shown()
    for asked in filled.figures:
        for site in (filled.site, ".*", f"({NOWHERE}|{filled.site})"):
            answered = filled.answer(asked, site)
            assert answered, (asked.title, site)
            assert all(each.numbers for each in answered), (asked.title, site)


async def test_a_site_without_rows_has_none(filled: Filled) -> None:
    await filled.shown()
    for asked in filled.figures:
        if asked.at_site:
            assert filled.answer(asked, NOWHERE) == [], asked.title


def once(filled: Filled) -> Iterator[tuple[str, dict[Tags, float]]]:
    """Numbers and tables: of each figure its numbers by their tags, without those that name the test."""
    for asked in filled.figures:
        if asked.target.get("instant", "time($__interval)" not in asked.target.get("query", "")):
            answered = filled.answer(asked, filled.site)
            ours = [each for each in answered if each.tags.get("hub", filled.site) == filled.site]
            yield asked.title, {_named(each.tags): each.numbers[-1] for each in ours}


def _named(tags: Mapping[str, str]) -> Tags:
    return tuple(sorted((tag, tags[tag]) for tag in NAMING & tags.keys()))


async def test_both_languages_answer_the_same_numbers(by_promql: Filled, by_influxql: Filled) -> None:
    promql, influxql = list(once(await by_promql.shown())), list(once(await by_influxql.shown()))
    assert len(promql) > 10
    assert [title for title, _ in promql] == [title for title, _ in influxql]
    for (title, by_one), (_, by_other) in zip(promql, influxql, strict=True):
        assert by_one == pytest.approx(by_other), title


async def test_the_numbers_are_those_that_were_written(filled: Filled) -> None:
    found = dict(once(await filled.shown()))
    assert found["Let in, by gate · Lượt cho qua theo cổng"] == {
        (("device", gate), ("zone", "cong-chinh")): HOURS * grows for gate, grows in GATES
    }
    assert found["Positive, by site · Số dương tính theo cơ sở"] == {
        (): HOURS * sum(results for _, call, results in ANALYZERS if call == "POS")
    }
    assert found["Temperatures now · Nhiệt độ hiện tại"][
        (("device", "tu-02"), ("metric", "temp.freezer"))
    ] == pytest.approx(-21.5)
