"""Tables of any logger by a mapping of columns."""

import pytest
from pydantic import ValidationError

from adapters.cold_chain.exports import reading
from adapters.cold_chain.undecodable import Undecodable
from hub.contract import Frame
from tests.cold_chain.devices import RECEIVED_MS
from tests.cold_chain.devices import reading as reading_of
from tests.cold_chain.files.loggers import CSV, TABLE, config

Said = list[tuple[str, float | None, str | None]]


def said(raw: bytes, **layout: object) -> Said:
    settings = config(format="table", table=TABLE | layout)
    facts = reading.understand(Frame(raw), RECEIVED_MS, settings).facts
    return [(fact.metric, fact.value, fact.reason) for fact in map(reading_of, facts)]


EXPECTED: Said = [
    ("temp.vaccine", 4.6, None), ("humidity.vaccine", 51.0, None),
    ("temp.vaccine", None, "not_numeric"), ("humidity.vaccine", 50.0, None),
]  # fmt: skip


@pytest.mark.parametrize(
    "raw",
    [
        CSV,
        CSV.decode().encode("cp1252"),
        b"\xef\xbb\xbf" + CSV,
        CSV.decode().encode("utf-16"),
        CSV.replace(b",", b";"),
        CSV.replace(b",", b"\t"),
        CSV.replace(b"\r\n", b"\n") + b"\n,,,\n",
        CSV.replace(b"Temp", b' "Temp').replace(b"C,RH", b'C" ,RH'),
    ],
)
def test_however_it_is_written(raw: bytes) -> None:
    assert said(raw) == EXPECTED


def test_decimal_comma_and_fahrenheit() -> None:
    columns = {"temp.vaccine": {"column": "T", "unit": "[degF]"}}
    raw = b"When;T\n2022-06-01 08:10:00;40,1\n2022-06-01 08:15:00;40.1\n"
    assert said(raw, time=["When"], time_format="", decimal=",", columns=columns) == [
        ("temp.vaccine", 4.5, None),
        ("temp.vaccine", None, "not_numeric"),
    ]


def test_a_dotted_key_without_quotes_is_what_it_looks_like() -> None:
    assert said(CSV, columns={"temp": {"vaccine": {"column": "Temp °C"}}}) == EXPECTED[::2]


def test_a_row_that_is_short_is_a_probe_that_says_nothing() -> None:
    assert said(b"Date,Time,RH,Temp \xb0C\n01/06/2022,08:10\n") == [
        ("temp.vaccine", None, "missing"),
        ("humidity.vaccine", None, "missing"),
    ]


def test_a_row_that_was_cut_off_is_not_read() -> None:
    raw = b"t,a,v,b\n2022-06-01 08:10:00,1,4.6,2\n2022-06-01 08:15:00,1,1"  # 15.2 it was
    layout = TABLE | {"time": ["t"], "time_format": "", "columns": {"temp.vaccine": {"column": "v"}}}
    meaning = reading.understand(Frame(raw), RECEIVED_MS, config(format="table", table=layout))
    assert [reading_of(fact).value for fact in meaning.facts] == [4.6]
    assert [problem.reason for problem in meaning.problems] == ["cold.export_cut"]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [(b"Date,Time\n", "cold.no_headings"), (b"\n" * 300 + CSV, "cold.no_headings"), (b" ", "cold.empty"),
     (CSV.replace(b"RH", b"RH,RH", 1), "cold.heading_twice")],
)  # fmt: skip
def test_what_has_not_the_columns_is_refused(raw: bytes, reason: str) -> None:
    with pytest.raises(Undecodable) as refused:
        list(reading.pieces(raw, config(format="table", table=TABLE)))
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    "settings",
    [
        {"format": "table"},
        {"table": TABLE},
        {"format": "table", "table": TABLE, "serial": "5"},
        {"format": "table", "table": TABLE | {"columns": {"temp.vaccine": {"column": "T", "unit": "V"}}}},
        {"format": "table", "table": TABLE | {"columns": {"door.count": {"column": "T"}}}},
        {"metric": "door.open"},
    ],
)
def test_what_does_not_fit_together_is_told_before_it_starts(settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        config(**settings)
