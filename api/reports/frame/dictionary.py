"""What the numbers of all reports mean, and what each of their columns is called, in both languages."""

from functools import cache
from typing import Any

from api.console.wording import LANGUAGES, texts
from api.reports.frame.tabular import FORMATS, TabularReport

_TERM = "report.term."


def dictionary(reports: list[TabularReport]) -> dict[str, Any]:
    """{terms, reports}: each word {vi, en}; ``fields`` of a report by their places in it."""
    return {"terms": [_term(code) for code in _codes(_TERM)], "reports": [_report(one) for one in reports]}


@cache
def _codes(prefix: str) -> tuple[str, ...]:
    return tuple(key.removeprefix(prefix) for key in texts("en") if key.startswith(prefix))


def _said(key: str) -> dict[str, str]:
    return {language: texts(language).get(key, "") for language in LANGUAGES}


def _term(code: str) -> dict[str, Any]:
    """A text is "name: definition"."""
    told = {language: text.partition(": ") for language, text in _said(_TERM + code).items()}
    return {"id": code} | {
        language: {"name": name, "definition": definition} for language, (name, _, definition) in told.items()
    }


def _report(report: TabularReport) -> dict[str, Any]:
    prefix = f"report.{report.name}."
    return {
        "id": report.name,
        "system": report.system,
        "version": report.version,
        "formats": list(FORMATS),
        "title": _said(f"report.{report.name}"),
        "fields": {code: _said(prefix + code) for code in _codes(prefix)},
    }
