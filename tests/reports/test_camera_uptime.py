"""The report of cameras: uptime of what is known, and what nobody told apart."""

from api.reports.camera_uptime.uptime import CameraUptimeQuery, Watched, build
from api.reports.frame.content import Table
from storage.cameras import CameraDay, Uptime
from tests.reports.device_facts import AS_OF, facility

HOUR = 3_600_000
ASKED = CameraUptimeQuery.model_validate({})
BEGIN = AS_OF.cutoff_ms - 24 * HOUR


def camera(device: str, site: str = "kcl-1", begin: int = BEGIN, **spent: int) -> CameraDay:
    return CameraDay(begin, site, device, Uptime(**spent))


def row(table: Table, key: str) -> dict[str, object]:
    cells = next(one.cells for one in table.rows if one.key == key)
    return {column.code: cell.value for column, cell in zip(table.columns, cells, strict=True)}


def test_unknown_time_is_neither_up_nor_down() -> None:
    days = [camera("cam-1", up_ms=9 * HOUR, down_ms=3 * HOUR, unknown_ms=12 * HOUR, outages=2, reconnects=1)]
    content = build(Watched(days, AS_OF.cutoff_ms, [facility("KCL1", "kcl-1")]), ASKED, AS_OF)
    told = row(content.tables[1], "cam-1")
    assert (told["uptime"], told["unknown"], told["down_minutes"], told["outages"]) == (75.0, 50.0, 180, 2)
    assert told["site"] == "Cơ sở KCL1"
    assert content.notes == ()


def test_maintenance_counts_apart() -> None:
    days = [camera("cam-1", up_ms=18 * HOUR, maintenance_ms=6 * HOUR)]
    told = row(build(Watched(days, AS_OF.cutoff_ms, []), ASKED, AS_OF).tables[1], "cam-1")
    assert (told["uptime"], told["uptime_without_maintenance"], told["maintenance_minutes"]) == (75, 100, 360)


def test_a_camera_of_which_nothing_is_known_did_not_report() -> None:
    days = [camera("cam-1", up_ms=24 * HOUR), camera("cam-2", unknown_ms=24 * HOUR)]
    content = build(Watched(days, AS_OF.cutoff_ms, []), ASKED, AS_OF)
    told = row(content.tables[1], "cam-2")
    assert (told["uptime"], told["outages"], told["unknown"]) == (None, None, 100)
    assert content.completeness is not None
    assert (content.completeness.expected, content.completeness.missing) == (2, (("cam-2", "cam-2"),))


def test_days_of_a_site_add_up_and_a_day_that_goes_on_says_so() -> None:
    days = [
        camera("cam-1", begin=BEGIN - 24 * HOUR, up_ms=24 * HOUR),
        camera("cam-1", up_ms=6 * HOUR, down_ms=6 * HOUR),
        camera("cam-2", up_ms=12 * HOUR),
    ]
    content = build(Watched(days, AS_OF.cutoff_ms - 12 * HOUR, []), ASKED, AS_OF)
    told = row(content.tables[0], "kcl-1")
    assert (told["cameras"], told["uptime"]) == (2, 87.5)
    assert [note.code for note in content.notes] == ["day_goes_on"]


def test_no_camera_told_anything() -> None:
    content = build(Watched([], AS_OF.cutoff_ms, []), ASKED, AS_OF)
    assert content.tables[0].rows == ()
    assert content.event_count == 0
