"""Tables over the API: templates, rows that are entered, and every mistake at its row."""

import csv
import io
import zipfile
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

import httpx
import pytest
from openpyxl import Workbook, load_workbook

from api.console.wording import LANGUAGES
from api.intake_files.columns import WITH_TABLE
from api.keys import add_key
from hub.reported import Assessment, QuarantineDay
from tests.api.conftest import Stage
from tests.api.intake_desk import Bearing, with_intake

URL = "/api/v1/intake"
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
HEAD = "Mã cơ sở *;Ngày *;Tổng số đang cách ly;Vào trong ngày;Ngày cuối phát sinh F0"


@pytest.fixture
async def hub(stage: Stage) -> Bearing:
    return await with_intake(stage)


@pytest.fixture
async def client(stage: Stage, hub: Bearing) -> AsyncIterator[httpx.AsyncClient]:
    token = add_key(stage.deck.settings.keys_file, "operator")
    async with stage.client(authorization=f"Bearer {token}") as made:
        yield made


def csv_of(*lines: str) -> bytes:
    return b"\xef\xbb\xbf" + "\r\n".join(lines).encode()


def xlsx_of(*rows: Sequence[Any]) -> bytes:
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


async def sent(
    client: httpx.AsyncClient, body: bytes, kind: str = "quarantine-daily", query: str = ""
) -> Any:
    return await client.post(f"{URL}/{kind}/file{query}", content=body)


async def errors(client: httpx.AsyncClient, body: bytes, kind: str = "quarantine-daily") -> list[Any]:
    answered = await sent(client, body, kind)
    assert answered.status_code == 422, answered.text
    return [(one["row"], one["field"], one["code"]) for one in answered.json()["errors"]]


async def test_rows_of_a_csv_become_facts_and_again_nothing(
    client: httpx.AsyncClient, hub: Bearing, stage: Stage
) -> None:
    body = csv_of(HEAD, "kcl-001;05/08/2021;214;31;03/08/2021", "", "kcl-002;2021-08-05;7;;")
    checked = (await sent(client, body, query="?check=true")).json()
    assert (checked["rows"], checked["check"], checked["counts"]["created"], hub.borne) == (2, True, 2, [])
    assert (await sent(client, body)).json()["counts"] == {
        "created": 2,
        "updated": 0,
        "unchanged": 0,
        "superseded": 0,
    }
    assert (await sent(client, body)).json()["counts"]["unchanged"] == 2
    first, second = (arrival.payload for arrival in hub.borne)
    assert isinstance(first, QuarantineDay)
    assert isinstance(second, QuarantineDay)
    assert (first.figures, first.last_f0, first.origin) == (
        {"in_care": 214, "entered": 31},
        "2021-08-03",
        "imported",
    )
    assert second.figures == {"in_care": 7}


async def test_a_workbook_is_the_same_table(client: httpx.AsyncClient, hub: Bearing) -> None:
    rows: list[list[Any]] = [
        ["Workplace number", "District code", "Level", "Submitted at"],
        [3600245631, 737, "Rất cao", datetime(2021, 8, 4, 10, 5)],  # noqa: DTZ001  a workbook has no zones
        ["3600245632", "737", "low", "04/08/2021 10:05"],
    ]
    assert (await sent(client, xlsx_of(*rows), "assessment")).status_code == 200
    told = [arrival.payload for arrival in hub.borne if isinstance(arrival.payload, Assessment)]
    assert [(one.workplace, one.level, one.submitted) for one in told] == [
        ("3600245631", "very_high", "2021-08-04T03:05:00.000Z"),
        ("3600245632", "low", "2021-08-04T03:05:00.000Z"),
    ]


async def test_every_mistake_is_told_with_its_row(client: httpx.AsyncClient, hub: Bearing) -> None:
    body = csv_of(
        HEAD,
        "kcl-001;05/08/2021;214;;",
        ";31/02/2021;1.856;-1;",
        '"=1+1";05/08/2021;1;;',
        "kcl-002;;2;;",
        "kcl-003;05/08/2021;;;;9",
    )
    assert await errors(client, body) == [
        (3, "date", "intake.not_a_day"),
        (3, "figures.in_care", "intake.not_a_number"),
        (3, "figures.entered", "intake.not_a_number"),
        (3, "facility", "intake.missing"),
        (4, "facility", "intake.formula"),
        (5, "date", "intake.missing"),
        (6, "column 6", "intake.no_heading"),
        (6, "figures", "intake.missing"),
    ]
    assert hub.borne == []


async def test_what_the_hub_refuses_is_told_with_its_row_too(client: httpx.AsyncClient) -> None:
    lines = [HEAD, "kcl-001;05/08/2021;1;;", "", "kcl-001;05/08/2021;2;;", "kcl-002;05/08/2027;1;;"]
    assert await errors(client, csv_of(*lines)) == [
        (4, "facility", "intake.twice"),
        (5, "date", "intake.in_future"),
    ]


async def test_at_most_200_mistakes_are_told(client: httpx.AsyncClient) -> None:
    assert len(await errors(client, csv_of(HEAD, *["kcl-001;nie;1;;"] * 300))) == 200


async def test_headings_are_known_or_refused(client: httpx.AsyncClient) -> None:
    assert await errors(client, csv_of("Mã cơ sở;Họ tên;facility", "a;b;c")) == [
        (1, "column 2", "intake.unknown_column"),
        (1, "column 3", "intake.twice"),
        (1, "date", "intake.missing_column"),
    ]


async def test_a_formula_of_a_workbook_is_refused(client: httpx.AsyncClient) -> None:
    rows = [["facility", "date", "in_care"], ["kcl-001", "05/08/2021", "=1+1"]]
    assert await errors(client, xlsx_of(*rows)) == [
        (2, "figures.in_care", "intake.formula"),
    ]


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("xl/worksheets/sheet1.xml", b" " * (64 << 20))
    return out.getvalue()


def with_entities() -> bytes:
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(xlsx_of(["facility"], ["a"]))) as before,
        zipfile.ZipFile(out, "w") as parts,
    ):
        for name in before.namelist():
            text = before.read(name)
            if name.endswith("sheet1.xml"):
                text = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]>' + text
            parts.writestr(name, text)
    return out.getvalue()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "intake.empty"),
        (csv_of(HEAD), "intake.empty"),
        ("Mã".encode("cp1258", "replace") + b"\xff;a\n1;2", "intake.not_utf8"),
        (b'a;b\n"c', "intake.not_csv"),
        (b"PK\x03\x04nothing", "intake.not_xlsx"),
        (csv_of("a;b", *["1;2"] * 20_001), "intake.too_many_rows"),
        (csv_of(";".join(["a"] * 301), "1"), "intake.too_many_columns"),
        (csv_of("a;b", "1;" + "2" * 2001), "intake.cell_too_long"),
        (bomb(), "intake.too_large"),
        (with_entities(), "intake.not_xlsx"),
    ],
    ids=lambda told: told if isinstance(told, str) else "",
)
async def test_what_is_no_table_is_refused(client: httpx.AsyncClient, body: bytes, code: str) -> None:
    answered = await sent(client, body)
    assert (answered.status_code, answered.json()["code"]) == (422, "intake.bad_file")
    assert [one["code"] for one in answered.json()["errors"]] == [code]


async def test_more_than_a_thousand_rows_are_entered_in_parts(
    client: httpx.AsyncClient, hub: Bearing
) -> None:
    rows = [f"kcl-{number:04};05/08/2021;{number};;" for number in range(2500)]
    answered = (await sent(client, csv_of(HEAD, *rows))).json()
    assert (answered["rows"], answered["counts"]["created"], len(hub.borne)) == (2500, 2500, 2500)
    late = [*rows, "kcl-x;05/08/2027;1;;"]
    assert await errors(client, csv_of(HEAD, *late)) == [(2502, "date", "intake.in_future")]
    assert len(hub.borne) == 2500


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", WITH_TABLE)
async def test_a_template_has_headings_that_are_read_again(
    client: httpx.AsyncClient, kind: str, language: str, form: str
) -> None:
    answered = await client.get(f"{URL}/{kind}/template.{form}?lang={language}")
    assert answered.status_code == 200
    if form == "xlsx":
        head = [cell.value for cell in next(load_workbook(io.BytesIO(answered.content)).worksheets[0].rows)]
    else:
        (head,) = csv.reader(io.StringIO(answered.content.decode("utf-8-sig")))
    body = csv_of("\t".join(str(one) for one in head), "?")
    token_is_enough = kind not in ("facility", "reference", "rollout")
    if token_is_enough:
        assert {code for _, _, code in await errors(client, body, kind)} <= {
            "intake.invalid",
            "intake.missing",
            "intake.not_a_day",
        }


async def test_what_administrators_set_needs_their_role(client: httpx.AsyncClient) -> None:
    body = csv_of("name;valid_from;value", "workplaces;01/01/2021;16116")
    assert (await sent(client, body, "reference")).status_code == 403
