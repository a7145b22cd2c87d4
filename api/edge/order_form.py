"""An order as a person fills it in: checked as the API checks it, each fault at its field. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from api.edge.order_schemas import OrderBody
from api.problems import Problem
from storage.contract import Row

FIELDS = ("device", "site", "specimen", "tests", "order")  # those that can be wrong, as the form shows them
_FORM = ""  # the fault is none of a field
_CODES = {"string_pattern_mismatch": "pattern", "too_long": "count", "string_too_long": "pattern"}

Faults = dict[str, str]


def suggested_number(now: datetime) -> str:
    """A number for an order placed by hand, by the second; its digits look like nobody's id."""
    return f"{now:EH-%Y%m%d-%H%M%S}"


def checked(filled: Mapping[str, Any]) -> tuple[OrderBody | None, Faults]:
    """The order of a filled form, or the faults by field: "missing", "pattern", "count"."""
    given = {name: value for name, value in filled.items() if value}
    faults = {name: "missing" for name in ("specimen", "tests", "order") if name not in given}
    if faults:
        return None, faults
    try:
        return OrderBody.model_validate(given), {}
    except ValidationError as error:
        found = ((str(one["loc"][0]), one["type"]) for one in error.errors())
        return None, {name: _CODES.get(kind, "pattern") for name, kind in found}


def faults_of(problem: Problem) -> Faults:
    """What the edge refused, by field; "" is the whole form, with the problem's code."""
    told: Sequence[Row] = problem.extra.get("errors", ())
    found = [(str(each["field"]).partition(".")[2], str(each["code"])) for each in told]
    at_field = {name: code for name, code in found if name in FIELDS and problem.status in (409, 422)}
    return at_field or {_FORM: problem.code}


def offered(analyzers: Sequence[Row], device: str, site: str) -> dict[str, str]:
    """Tests to choose from, by code: of ``device``, else of all at ``site``, else of all."""
    those = [row for row in analyzers if (row["id"] == device if device else not site or row["site"] == site)]
    return {
        test["code"]: f"{test['code']} · {test['text']}" if test["text"] else test["code"]
        for row in those
        for test in row["tests"]
    }
