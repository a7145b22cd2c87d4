"""The wall of cameras: the worst first, places that hold, only what changed is sent. Pure."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.access import Access, Identity, Sessions
from api.console.camera_wall import (
    Camera,
    Changes,
    Wanted,
    arranged,
    counted,
    narrowed,
    script_words,
    stand,
    tile,
)
from api.console.condition import ORDER
from api.console.visit import Visit
from api.console.wording import Wording
from api.keys import KeyRing
from api.settings import ApiSettings
from hub.events import format_time
from hub.payloads import CameraHealth
from tests.console.camera_data import away, faulty, health, well

NOW_MS = 1_795_323_600_000
SITES = [{"id": "a", "name": "Bệnh viện A"}, {"id": "b", "name": "Bệnh viện B"}]


def visit(*, role: Any = "operator", edge: str = "edge-1", api_role: Any = "both") -> Visit:
    here = Path()
    settings = ApiSettings(
        data_dir=here,
        control_socket=here,
        keys_file=here,
        role=api_role,
        edge=edge,
        sites=SITES,
        devices=[{"id": "c-ours"}],
    )
    deck = cast(Any, SimpleNamespace(settings=settings, edge=object() if api_role != "hub" else None))
    say = Wording("vi", ZoneInfo("Asia/Ho_Chi_Minh"))
    return Visit(deck, cast(Any, None), say, Identity("k1", role), dark=False)


def rows(*told: tuple[str, str, CameraHealth]) -> list[dict[str, Any]]:
    """As GET cameras has them."""
    found = []
    for name, site, one in told:
        row = msgspec.to_builtins(one)
        found.append({"id": name, "site": site, "edge": "edge-1", "scores": row.pop("picture")} | row)
    return found


def cameras(*told: tuple[str, str, CameraHealth]) -> list[Camera]:
    return stand(visit(), rows(*told), known=True, here=True)


MIXED = (
    ("c1", "a", well(NOW_MS)),
    ("c2", "a", faulty(NOW_MS, blur=1.2)),
    ("c3", "b", away("closed", NOW_MS)),
    ("c4", "b", well(NOW_MS)),
    ("c5", "a", health("UNKNOWN", "starting", NOW_MS)),
    ("c6", "b", faulty(NOW_MS, black=1.2)),
)


def test_the_worst_stand_first_and_sites_by_their_worst() -> None:
    assert arranged(visit(), cameras(*MIXED), by_site=True) == [
        ("Bệnh viện B", ["c3", "c6", "c4"]),
        ("Bệnh viện A", ["c5", "c2", "c1"]),
    ]
    assert arranged(visit(), cameras(*MIXED), by_site=False) == [("", ["c3", "c6", "c5", "c2", "c1", "c4"])]
    assert arranged(visit(), [], by_site=False) == arranged(visit(), [], by_site=True) == []


@given(st.lists(st.integers(0, 10**9), min_size=3, max_size=3), st.permutations(range(3)))
def test_places_change_with_conditions_only(since: list[int], order: list[int]) -> None:
    """Neither how long nor how bad moves a camera, nor the order of the answer."""
    told = [(f"c{n}", "a", faulty(NOW_MS - since[n], blur=1 + since[n] / 10**9)) for n in range(3)]
    shuffled = cameras(*(told[n] for n in order))
    assert arranged(visit(), shuffled, by_site=True) == [("Bệnh viện A", ["c0", "c1", "c2"])]


def test_what_is_chosen_is_shown() -> None:
    every = cameras(*MIXED)

    def names(wanted: Wanted) -> list[str]:
        return [camera.name for camera in narrowed(visit(), every, wanted)]

    assert names(Wanted()) == ["c1", "c2", "c3", "c4", "c5", "c6"]
    assert names(Wanted(site="b")) == ["c3", "c4", "c6"]
    assert names(Wanted(conditions=frozenset({"bad", "unknown"}))) == ["c3", "c5", "c6"]
    assert names(Wanted(words=" VIỆN b  C4")) == ["c4"]
    assert names(Wanted(words="c9")) == []


def test_all_conditions_are_counted() -> None:
    assert counted(cameras(*MIXED)) == {"bad": 2, "unknown": 1, "warn": 1, "info": 0, "ok": 2}
    assert list(counted([])) == list(ORDER)


def test_a_tile_says_all_of_it_to_eyes_and_ears() -> None:
    (camera,) = cameras(("c1", "a", away("unauthorized", NOW_MS - 3_600_000, check_seconds=30.0)))
    told = tile(visit(), camera, NOW_MS)
    assert told["label"] == "c1, Bệnh viện A, ✕ Ngoại tuyến, Sai mật khẩu từ 11:00"
    assert (told["condition"], told["state"], told["why"]) == (
        "bad",
        "✕ Ngoại tuyến",
        "Sai mật khẩu từ 11:00",
    )
    assert (told["since"], told["every"], told["picture"]) == (NOW_MS - 3_600_000, 30.0, "yes")


def test_figures_on_a_tile_have_their_age() -> None:
    told_ms = NOW_MS - 240_000
    row = {"time": format_time(told_ms)}
    fine, gone = cameras(("c1", "a", well(NOW_MS)), ("c2", "a", away("closed", NOW_MS)))
    with_figures = tile(visit(), fine._replace(row=fine.row | row), NOW_MS)
    assert (with_figures["why"], with_figures["measured"], with_figures["since"]) == (
        "25 hình/s · 402 kbit/s",
        told_ms,
        None,
    )
    assert tile(visit(), gone._replace(row=gone.row | row), NOW_MS)["measured"] is None


@pytest.mark.parametrize(
    ("who", "row", "why"),
    [
        (visit(), {}, "yes"),
        (visit(role="admin"), {}, "yes"),
        (visit(role="reporter"), {}, "role"),
        (visit(), {"snapshot": False}, "off"),
        (visit(), {"edge": "edge-9"}, "there"),
        (visit(), {"edge": "edge-9", "id": "c-ours"}, "yes"),
        (visit(api_role="hub", edge=""), {}, "there"),
    ],
)
def test_who_sees_no_picture_is_told_why(who: Visit, row: dict[str, Any], why: str) -> None:
    (camera,) = cameras(("c1", "a", well(NOW_MS)))
    assert tile(who, camera._replace(row=camera.row | row), NOW_MS)["picture"] == why


def test_without_the_edge_beside_us_its_cameras_are_unknown_and_others_are_not() -> None:
    told = rows(("c1", "a", well(NOW_MS)), ("c2", "a", well(NOW_MS)))
    told[1] |= {"edge": "edge-2"}
    stood = stand(visit(), told, known=True, here=False)
    assert [camera.told.condition for camera in stood] == ["unknown", "ok"]


def test_who_is_out_of_service_is_no_trouble_and_not_fine() -> None:
    told = rows(("c1", "a", away("closed", NOW_MS)), ("c2", "a", well(NOW_MS)))
    stood = stand(visit(), told, known=True, here=True, resting={"c1", "c2"})
    assert [camera.told.condition for camera in stood] == ["info", "info"]
    label = tile(visit(), stood[0], NOW_MS)["label"]
    assert label == "c1, Bệnh viện A, ‖ Bảo trì, Camera đóng kết nối từ 12:00"
    (lost, _) = stand(visit(), told, known=False, here=True, resting={"c1"})
    assert lost.told.condition == "unknown"


def test_only_what_changed_is_sent() -> None:
    changes, before = Changes(), [{"id": "c1", "why": ""}, {"id": "c2", "why": ""}]
    groups = [("A", ["c1", "c2"])]
    assert changes.take(before, groups) == {"tiles": before, "gone": [], "groups": groups}
    assert changes.take(before, groups) == {"tiles": [], "gone": []}
    after = [{"id": "c1", "why": ""}, {"id": "c2", "why": "x"}]
    assert changes.take(after, groups) == {"tiles": [after[1]], "gone": []}
    assert changes.take(after[:1], [("A", ["c1"])]) == {
        "tiles": [],
        "gone": ["c2"],
        "groups": [("A", ["c1"])],
    }


def test_the_script_gets_its_words_in_the_language_of_the_page() -> None:
    words = script_words(Wording("en", ZoneInfo("UTC")))
    assert words["old"] == "OLD"
    assert words["age_s"] == "{n} s ago"
    assert all(words.values())


def test_a_wall_that_is_looked_at_all_day_stays_signed_in(tmp_path: Path) -> None:
    hours = [0.0]
    access = Access(KeyRing(tmp_path / "keys.json"), Sessions(lambda: hours[0] * 3600))
    token = access.sessions.begin("k1")
    looked_at = replace(visit(), deck=cast(Any, SimpleNamespace(access=access)), session=token)
    for _ in range(3):
        hours[0] += 11
        looked_at.stay_signed_in()
        assert access.sessions.key_of(token) == "k1"
    hours[0] += 13
    looked_at.stay_signed_in()
    assert access.sessions.key_of(token) is None
    assert token not in repr(looked_at)
