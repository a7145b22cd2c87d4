"""Weekly keys: what they join, when they go, and what is left of them."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hub.visit_keys import VisitKeys

MONDAY = datetime(2021, 12, 20, tzinfo=UTC)
SOMEBODY = ("vnid", "075199001234")


def ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def visit(keys: VisitKeys, at: datetime, now: datetime | None = None) -> str | None:
    return keys.visit(*SOMEBODY, ms(at), ms(now or at))


@pytest.fixture
def keys(tmp_path: Path) -> VisitKeys:
    return VisitKeys(tmp_path / "visits")


def test_a_person_has_one_name_a_week_and_another_the_next(keys: VisitKeys) -> None:
    week = [visit(keys, MONDAY + timedelta(days=day)) for day in range(7)]
    assert len(set(week)) == 1
    assert visit(keys, MONDAY + timedelta(days=7)) not in week
    assert visit(keys, MONDAY - timedelta(milliseconds=1)) not in week


def test_another_edge_and_another_start_of_this_one(keys: VisitKeys, tmp_path: Path) -> None:
    assert visit(VisitKeys(keys.directory), MONDAY) == visit(keys, MONDAY)
    assert visit(VisitKeys(tmp_path / "other"), MONDAY) != visit(keys, MONDAY)


def test_the_key_is_of_the_scans_week_however_late_it_comes(keys: VisitKeys) -> None:
    assert visit(keys, MONDAY, MONDAY + timedelta(days=9)) == visit(keys, MONDAY)


def test_over_a_weeks_end_both_names_are_known(keys: VisitKeys) -> None:
    before = visit(keys, MONDAY - timedelta(minutes=1))
    names = keys.names(*SOMEBODY, ms(MONDAY), ms(MONDAY))
    assert names == (visit(keys, MONDAY), before)
    assert len(keys.names("vnid", "075199001235", ms(MONDAY + timedelta(days=14)), ms(MONDAY))) == 0


def test_no_key_is_made_for_a_week_in_which_nobody_came(keys: VisitKeys) -> None:
    assert len(keys.names(*SOMEBODY, ms(MONDAY), ms(MONDAY))) == 1
    assert [path.name for path in keys.directory.glob("*.key")] == ["2021-W51.key"]


@pytest.mark.parametrize(("days", "lives"), [(27.999, True), (28, False)])
def test_a_key_lives_three_weeks_after_its_week(keys: VisitKeys, days: float, lives: bool) -> None:
    name, now = visit(keys, MONDAY), MONDAY + timedelta(days=days)
    assert (len(keys.destroy_due(ms(now))) == 0) is lives
    assert (visit(keys, MONDAY, now) == name) is lives
    assert (keys.directory / "2021-W51.key").exists() is lives


def test_what_is_left_is_the_proof(keys: VisitKeys) -> None:
    name = visit(keys, MONDAY)
    assert name is not None
    later = MONDAY + timedelta(days=60)
    (proof,) = keys.destroy_due(ms(later))
    assert proof == ("2021-W51", name.partition(":")[0].removeprefix("v-"), "2022-02-18T00:00:00Z")
    assert keys.proofs() == [proof]
    assert keys.destroy_due(ms(later)) == []
    assert visit(keys, MONDAY, later) is None


def test_a_key_never_goes_without_its_proof(keys: VisitKeys, monkeypatch: pytest.MonkeyPatch) -> None:
    visit(keys, MONDAY)

    def full(_descriptor: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="space"):
        keys.destroy_due(ms(MONDAY + timedelta(days=60)))
    assert (keys.directory / "2021-W51.key").exists()


def test_a_clock_far_ahead_makes_no_keys(keys: VisitKeys) -> None:
    assert visit(keys, MONDAY + timedelta(days=14), MONDAY) is None
    assert not keys.directory.exists()


def test_the_folder_and_its_keys_are_private(keys: VisitKeys) -> None:
    visit(keys, MONDAY)
    assert keys.directory.stat().st_mode & 0o777 == 0o700
    assert (keys.directory / "2021-W51.key").stat().st_mode & 0o777 == 0o600


def test_a_week_before_that_gets_its_key_late_is_looked_up_from_then_on(keys: VisitKeys) -> None:
    names = keys.names(*SOMEBODY, ms(MONDAY), ms(MONDAY))
    assert len(names) == 1
    late = visit(keys, MONDAY - timedelta(hours=1), MONDAY)
    assert keys.names(*SOMEBODY, ms(MONDAY), ms(MONDAY)) == (*names, late)
