"""The projector's process as its parent sees it, and the hub that is told what is settled."""

from pathlib import Path

import msgspec
import pytest

from hub.errors import OperatorError
from hub.metrics import render
from hub.projection_figures import of_projection
from hub.runtime.projection_desk import SETTLE, ProjectionDesk
from hub.runtime.projector_beside import ProjectorBeside
from hub.runtime.projector_settings import ProjectorSettings
from storage.influx.projection_state import PHASES, ProjectionState
from storage.influx.server import Away, BadLines, Written
from storage.influx.settings import ProjectionSettings
from storage.projections import ProjectionChange, ProjectionRow, Rejected
from storage.sqlite.reader import SqliteReader
from storage.sqlite.store import SqliteStore

SECRET = "geheim-" * 3


def settings(folder: Path) -> ProjectorSettings:
    projection = ProjectionSettings("tsdb", "http://127.0.0.1:1", bucket="b", token=SECRET, password=SECRET)
    return ProjectorSettings(
        "province", str(folder), None, SECRET, str(folder / "p"), str(folder / "h"), str(folder / "c"),
        "json", "info", (projection,),
    )  # fmt: skip


async def test_a_projector_that_is_away_takes_no_hub_down(tmp_path: Path) -> None:
    beside = ProjectorBeside(settings(tmp_path))
    parts = await beside.components()
    assert {part["state"] for part in parts.values()} == {"degraded"}
    assert await beside.figures() == ()


def test_no_secret_is_ever_shown_or_an_argument(tmp_path: Path) -> None:
    told = settings(tmp_path)
    assert SECRET not in repr(told)
    assert SECRET not in repr(told.projections[0].address())
    child = ProjectorBeside(told).child
    assert child.arguments == []
    assert SECRET.encode() in child.stdin


def test_what_goes_elsewhere_is_another_target() -> None:
    one = ProjectionSettings("tsdb", "http://127.0.0.1:1", bucket="b")
    same = msgspec.structs.replace(one, url="http://127.0.0.1:1/", token=SECRET, batch_points=1)
    others = [msgspec.structs.replace(one, **{key: "x"}) for key in ("url", "bucket", "org", "database")]
    assert same.target == one.target
    assert len({each.target for each in (one, *others)}) == 5
    assert SECRET not in same.target


def test_figures_and_words_of_a_projection() -> None:
    state = ProjectionState("tsdb")
    state.heard(Written(), 5, 1000)
    state.heard(BadLines("free text of a server"), 5, 2000)
    state.heard(Away("http_500"), 5, 3000)
    state.stands("away", "http_500")
    text = render(of_projection(state, PHASES))
    assert 'epihub_projection_requests_total{projection="tsdb",answer="bad_lines"} 1' in text
    assert 'epihub_projection_state{projection="tsdb"} 6' in text
    assert 'epihub_projection_points_total{projection="tsdb"} 5' in text
    told = state.told()
    assert (told["state"], told["reason"], told["last_answer"]) == ("away", "http_500", "away: http_500")
    assert "free text" not in text + str(told)
    state.of_row(ProjectionRow("tsdb", paused_by="u-1", paused_since_ms=1000))
    assert (state.told()["state"], state.told()["reason"]) == ("paused", "")


async def test_what_is_settled_is_written_once_told(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.db")
    await store.open()
    noted: list[tuple[str, str, str]] = []

    async def note(by: str, action: str, name: str) -> None:
        noted.append((by, action, name))

    calls = ProjectionDesk(store, lambda: SqliteReader(tmp_path / "store.db"), note).calls()
    try:
        begin = ProjectionChange("tsdb", begin=True, target="t")
        await calls[SETTLE](change=msgspec.to_builtins(begin))
        change = ProjectionChange("tsdb", number=7, rejected=[Rejected(3, 1000, "bad", "m v=1")])
        await calls[SETTLE](change=msgspec.to_builtins(change))
        await calls["projection.pause"](name="tsdb", by="u-1")
        rejected = await calls["projection.rejected"](name="tsdb")
        for bad in ([], ["tsdb", "seven"], ["", 7], {"name": "tsdb"}):
            with pytest.raises(OperatorError):
                await calls[SETTLE](change=bad)
        for name, arguments in (
            ("projection.pause", {"name": "tsdb", "by": ""}),
            ("projection.pause", {"name": "other", "by": "u-1"}),
            ("projection.resume", {"name": "tsdb", "by": "x" * 65}),
            ("projection.rejected", {"name": "other"}),
            ("projection.rejected", {"name": "tsdb", "cursor": "made up"}),
        ):
            with pytest.raises(OperatorError):
                await calls[name](**arguments)
        reader = SqliteReader(tmp_path / "store.db")
        await reader.open()
        (row,) = await reader.projections()
        await reader.close()
    finally:
        await store.close()
    assert (row.number, row.rejected, row.paused_by, row.target) == (7, 1, "u-1", "t")
    assert [(each["number"], each["line"]) for each in rejected["items"]] == [(3, "m v=1")]
    assert noted == [("u-1", "projection.pause", "tsdb")]
