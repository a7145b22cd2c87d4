"""Faults of cameras in time, the truth about them, and a hub's log beside it."""

import json
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from simulators.cameras.camera_comparison import (
    CameraFacts,
    Lived,
    Telling,
    compared,
    read_facts,
    tellings_of,
)
from simulators.cameras.camera_faults import settled
from simulators.cameras.camera_plan import cameras
from simulators.cameras.camera_truth import CameraTruth
from simulators.cameras.clip_plans import ClipPlan
from simulators.cameras.expected_words import faults_of, reasons_of
from simulators.cameras.fault_episodes import (
    HARMLESS,
    LINE,
    PICTURE,
    STREAM,
    Episode,
    PlanError,
    mixture,
    read_plan,
)
from simulators.hub_log import CannotCompare
from simulators.truth import TruthFile

CAMERAS = cameras(20, 3, ClipPlan())


def _mixture(seed: int = 1) -> list[Episode]:
    return mixture(CAMERAS, 3600, seed, check_seconds=10, quiet_seconds=120)


class TestMixture:
    def test_the_same_seed_gives_the_same_faults(self) -> None:
        assert _mixture() == _mixture()
        assert _mixture() != _mixture(2)

    def test_all_kinds_come_and_their_settings_are_known(self) -> None:
        episodes = _mixture()
        assert {episode.fault for episode in episodes} == {*LINE, *PICTURE, *STREAM, *HARMLESS}
        assert all(settled(episode.fault, episode.how) for episode in episodes if episode.how)

    def test_a_camera_has_one_fault_at_a_time_and_is_well_between(self) -> None:
        for plan in CAMERAS:
            mine = [episode for episode in _mixture() if episode.camera == plan.id]
            assert mine
            assert mine[0].begins >= 240
            assert mine[-1].begins + mine[-1].lasts <= 3480
            for one, next_one in pairwise(mine):
                assert next_one.begins - one.begins - one.lasts >= 120

    @pytest.mark.parametrize("fault", [*LINE, *PICTURE, *STREAM])
    def test_a_hub_has_something_to_say_of_each(self, fault: str) -> None:
        episode = Episode("camera-001", fault, 0, 60)
        assert bool(reasons_of(episode)) != bool(faults_of(episode))

    @pytest.mark.parametrize("fault", HARMLESS)
    def test_and_nothing_of_what_is_none(self, fault: str) -> None:
        assert not reasons_of(Episode("camera-001", fault, 0, 60)) | faults_of(Episode("", fault, 0, 60))


class TestPlan:
    def _read(self, folder: Path, text: str) -> list[Episode]:
        (folder / "plan.toml").write_text(text, "utf-8")
        return read_plan(folder / "plan.toml", ["one", "two"])

    def test_a_fault_comes_again_on_all_cameras(self, tmp_path: Path) -> None:
        times = "after = 5\nlasts = 2\ntimes = 2\nevery = 10"
        text = f'[[fault]]\ncamera = "*"\nfault = "loss"\nshare = 0.5\n{times}'
        assert self._read(tmp_path, text) == [
            Episode("one", "loss", 5, 2, {"share": 0.5}),
            Episode("two", "loss", 5, 2, {"share": 0.5}),
            Episode("one", "loss", 15, 2, {"share": 0.5}),
            Episode("two", "loss", 15, 2, {"share": 0.5}),
        ]

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ('camera = "three"\nfault = "loss"\nafter = 1', "no camera 'three'"),
            ('camera = "one"\nfault = "lost"\nafter = 1', "no fault 'lost'"),
            ('camera = "one"\nfault = "stall"\nafter = 1\nshare = 1', "no setting share"),
            ('camera = "one"\nfault = "stall"', "after"),
            (
                'camera = "one"\nfault = "stall"\nafter = 1\nlasts = 9\ntimes = 2\nevery = 5',
                "longer than lasts",
            ),
            ("camera =", "plan.toml"),
        ],
    )
    def test_what_is_wrong_is_told(self, tmp_path: Path, text: str, told: str) -> None:
        with pytest.raises(PlanError, match=told):
            self._read(tmp_path, f"[[fault]]\n{text}\n")


class TestTruth:
    def test_it_stands_in_the_file_before_it_happens_and_is_read_again(self, tmp_path: Path) -> None:
        path = tmp_path / "truth.jsonl"
        with TruthFile(path) as file:
            truth = CameraTruth(file)
            truth.camera(CAMERAS[0], 10)
            truth.begins(7, Episode("camera-001", "status", 0, 60, {"code": 404}))
            begun = read_facts(path)
            truth.ends(7)
            facts = read_facts(path)
        assert facts.checks == {"camera-001": 10}
        assert (begun.lived[0].ended, begun.lived[0].episode) == (float("inf"), facts.lived[0].episode)
        assert reasons_of(facts.lived[0].episode) == {"not_found"}
        assert facts.lived[0].began <= facts.lived[0].ended < datetime.now(UTC).timestamp() + 1

    @pytest.mark.parametrize(
        "text", ["", "{", '{"kind": "begins"}', '{"kind": "ends", "number": 1, "at": ""}']
    )
    def test_what_is_no_truth_is_told(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "truth").write_text(text)
        with pytest.raises(CannotCompare):
            read_facts(tmp_path / "truth")


def _event(at: float, state: str, reason: str = "watching", faults: tuple[str, ...] = ()) -> dict[str, Any]:
    time = datetime.fromtimestamp(at, UTC).isoformat()
    data = {"state": state, "reason": reason, "faults": list(faults)}
    return {"type": "camera.health.v1", "device": "one", "time": time, "data": json.loads(json.dumps(data))}


class TestComparison:
    def _lived(self, fault: str, back: float = 190.0) -> Lived:
        return Lived(Episode("one", fault, 0, 0), 100.0, 150.0, back)

    def _compared(self, lived: list[Lived], *events: dict[str, Any]) -> list[str]:
        facts = CameraFacts({"one": 10.0}, lived)
        known = _event(10.0, "ONLINE")
        return compared(facts, tellings_of([known, *events], facts)).wrong

    def test_a_fault_seen_in_its_time_under_its_name_is_right(self) -> None:
        lived = [self._lived("stall")]
        assert self._compared(lived, _event(103, "OFFLINE", "stall"), _event(160, "ONLINE")) == []
        lived = [self._lived("blur")]
        assert self._compared(lived, _event(130, "DEGRADED", "blur", ("blur",)), _event(180, "ONLINE")) == []

    def test_one_that_nobody_saw_is_missed(self) -> None:
        assert self._compared([self._lived("stall")]) == ["one: stall, told nothing"]
        late = _event(170, "DEGRADED", "blur", ("blur",))
        assert self._compared([self._lived("blur")], late) == ["one: blur, told nothing"]

    def test_another_reason_is_wrong(self) -> None:
        told = self._compared([self._lived("mute")], _event(103, "OFFLINE", "refused"))
        assert told == ["one: mute, told refused"]

    def test_what_nothing_explains_is_made_up(self) -> None:
        assert self._compared([], _event(50, "OFFLINE", "stall")) == ["one: OFFLINE (stall) of nothing"]
        assert self._compared([], _event(50, "DEGRADED", "blur", ("blur",))) == ["one: blur of nothing"]
        lived = [self._lived("garbage")]
        assert self._compared(lived, _event(110, "OFFLINE", "closed")) == ["one: OFFLINE (closed) of nothing"]
        assert self._compared(lived, _event(110, "DEGRADED", "moved", ("moved",))) == [
            "one: moved of garbage"
        ]

    def test_before_a_camera_was_seen_nothing_is_held_against_anybody(self) -> None:
        assert self._compared([], _event(5, "OFFLINE", "refused")) == []

    def test_what_was_seen_is_counted_with_its_time(self) -> None:
        facts = CameraFacts({"one": 10.0}, [self._lived("drop")])
        result = compared(facts, [Telling("one", 100.5, "OFFLINE", "closed", frozenset())])
        assert dict(result.seen) == {"drop": [0.5]}
        assert any(line.startswith("drop") for line in result.lines())
