"""docs/grafana: as described, in two languages, and every query asks for what is written."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from storage.influx.measurements import devices, hub, measurements, readings
from storage.instants import QUALITIES
from tools.dashboards.__main__ import main, path_of
from tools.dashboards.grafana import LANGUAGES, Language
from tools.dashboards.hub import COMPONENT_STATES, DEVICE_STATES
from tools.dashboards.sites import QUALITIES as QUALITY_WORDS

FIELDS = {each.NAME: {field.name for field in each.FIELDS} for each in measurements()}
TAGS = {each.NAME: set(each.TAGS) for each in measurements()}
PROMQL, INFLUXQL = LANGUAGES


def dashboard(language: Language) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path_of(language).read_text("utf-8"))
    return found


def panels(language: Language) -> list[dict[str, Any]]:
    return [panel for panel in dashboard(language)["panels"] if panel["type"] != "row"]


def targets(language: Language) -> Iterator[dict[str, Any]]:
    for panel in panels(language):
        yield from panel["targets"]


def test_the_files_are_as_described() -> None:
    assert main([]) == 0


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda each: each.name)
def test_the_source_is_chosen_and_no_address_is_in_it(language: Language) -> None:
    text = path_of(language).read_text("utf-8")
    assert re.findall(r"https?://|\d+\.\d+\.\d+\.\d+|:\d{4}\b|localhost", text) == []
    source = {"type": language.plugin, "uid": "${datasource}"}
    assert all(each["datasource"] == source for each in [*panels(language), *targets(language)])
    chosen = {each["name"]: each for each in dashboard(language)["templating"]["list"]}
    assert chosen["datasource"]["query"] == language.plugin


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda each: each.name)
def test_every_title_and_note_is_in_english_and_vietnamese(language: Language) -> None:
    for panel in dashboard(language)["panels"]:
        english, between, vietnamese = panel["title"].partition(" · ")
        assert all((english, between, vietnamese))
        assert panel.get("description", "").count("\n\n") == bool(panel.get("description"))


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda each: each.name)
def test_no_panel_covers_another(language: Language) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in dashboard(language)["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        assert all(0 <= x < 24 for x, _ in cells)
        taken |= cells
    assert len({panel["id"] for panel in dashboard(language)["panels"]}) == len(dashboard(language)["panels"])


def test_promql_names_only_what_is_written() -> None:
    for target in targets(PROMQL):
        ((metric, chosen),) = re.findall(r"(epihub_\w+)\{(.*?)\}", target["expr"])
        (measurement,) = [name for name in FIELDS if metric.removeprefix(f"{name}_") in FIELDS[name]]
        tags = set(re.findall(r'(\w+)=~"', chosen))
        for grouped in re.findall(r"by \((.*?)\)", target["expr"]):
            tags |= set(grouped.split(", "))
        tags |= set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
        assert tags <= TAGS[measurement], target["expr"]


def test_influxql_names_only_what_is_written() -> None:
    for target in targets(INFLUXQL):
        (measurement,) = re.findall(r'FROM "(\w+)"', target["query"])
        (field,) = re.findall(r'SELECT \w+\("(?!each)(\w+)"\)', target["query"])
        assert field in FIELDS[measurement]
        rest = set(re.findall(r'"(\w+)"', target["query"])) - {measurement, field, "each"}
        rest |= set(re.findall(r"\$tag_(\w+)", target["alias"]))
        assert rest <= TAGS[measurement], target["query"]


def test_each_measurement_is_looked_at_in_both_languages() -> None:
    by_promql = " ".join(target["expr"] for target in targets(PROMQL))
    by_influxql = " ".join(target["query"] for target in targets(INFLUXQL))
    for name in FIELDS:
        assert re.search(rf"{name}_[a-z]", by_promql)
        assert f'FROM "{name}"' in by_influxql


def test_words_are_those_of_the_numbers_that_are_written() -> None:
    told = {number: words.partition(" · ")[0].upper() for number, words, _ in DEVICE_STATES}
    assert told == {number: state for state, number in devices.STATES.items()}
    assert {number: words.partition(" · ")[0] for number, words, _ in COMPONENT_STATES} == {
        number: state for state, number in hub.STATES.items()
    }
    quality = {number: words.partition(" · ")[0].upper() for number, words, _ in QUALITY_WORDS}
    assert quality == {**dict(enumerate(QUALITIES)), readings.WITHDRAWN: "WITHDRAWN"}
