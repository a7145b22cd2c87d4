"""Many cameras of one switch that are lost at once are one outage."""

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.cameras.health.changes import Change, StandingSettings
from adapters.cameras.health.fleet import CameraFleet
from adapters.cameras.health.site_outage import SiteOutages, switch_of
from adapters.cameras.reasons import Reason
from adapters.cameras.rtsp.facts import Ended
from tests.cameras.health.happenings import MINUTE, SECOND, T0

SITE = "bv-thong-nhat"


class Site:
    """Cameras of a fleet; ``told``: what their device statuses were told, in order."""

    def __init__(self, **switches: int) -> None:
        self.fleet = CameraFleet()
        self.cameras: list[str] = []
        self.told: list[tuple[int, str, str, str]] = []
        for switch, count in switches.items():
            for number in range(count):
                camera = f"{switch}-{number:03}"
                self.cameras.append(camera)
                named = "" if switch == "site" else switch
                self.fleet.put(camera, SITE, StandingSettings(switch=named))

    def came(self, camera: str, at_ms: int) -> None:
        self.fleet.standing(camera).reached("first_packet", at_ms)
        self._hear(list(self.fleet.after(camera, at_ms)))

    def went(self, camera: str, at_ms: int, reason: Reason = "stall") -> None:
        self.fleet.standing(camera).ended(Ended("streaming", reason, at_ms / 1000), at_ms)
        self._hear(list(self.fleet.after(camera, at_ms)))

    def until(self, at_ms: int) -> None:
        while self.fleet.due_ms <= at_ms:
            self._hear(list(self.fleet.tick(self.fleet.due_ms)))

    def _hear(self, changes: list[tuple[str, Change]]) -> None:
        for camera, change in changes:
            if change.told:
                self.told.append((change.at_ms - T0, camera, *change.told))

    def all_came(self, at_ms: int = T0) -> "Site":
        for camera in self.cameras:
            self.came(camera, at_ms)
        self.told.clear()
        return self


def test_a_hundred_cameras_of_a_dead_switch() -> None:
    site = Site(a=100, b=20).all_came()
    for number, camera in enumerate(site.cameras[:100]):
        site.went(camera, T0 + MINUTE + number * 50)
    # The twentieth makes it enough, and says so for all.
    assert site.told == [(60_000 + 19 * 50, "a-019", "OFFLINE", "switch_offline")]
    site.until(T0 + 2 * MINUTE)
    assert {told[2:] for told in site.told} == {("OFFLINE", "switch_offline")}
    assert sorted(told[1] for told in site.told) == site.cameras[:100]
    site.told.clear()
    site.came("a-042", T0 + 3 * MINUTE)
    assert [told[1:] for told in site.told] == [
        ("a-042", "ONLINE", "switch_online"),
        ("a-042", "ONLINE", "watching"),
    ]


def test_few_cameras_and_slow_losses_are_their_own() -> None:
    for count, gap_ms in ((2, 100), (3, 6 * SECOND)):
        site = Site(a=30).all_came()
        for number, camera in enumerate(site.cameras[:count]):
            site.went(camera, T0 + MINUTE + number * gap_ms)
        site.until(T0 + 5 * MINUTE)
        assert {told[3] for told in site.told} == {"stall"}


def test_a_password_that_was_changed_is_no_switch() -> None:
    site = Site(a=10).all_came()
    for camera in site.cameras:
        site.went(camera, T0 + MINUTE, "unauthorized")
    site.until(T0 + 5 * MINUTE)
    assert {told[3] for told in site.told} == {"unauthorized"}


def test_a_short_storm_is_one_word_and_its_end() -> None:
    """All drop, all are back within 15 s: nobody was away for long enough but their switch."""
    site = Site(site=100).all_came()
    for camera in site.cameras:
        site.went(camera, T0 + MINUTE, "closed")
    for number, camera in enumerate(site.cameras):
        site.came(camera, T0 + MINUTE + 100 + number * 50)
    site.until(T0 + 5 * MINUTE)
    assert [told[3] for told in site.told].count("switch_offline") == 1
    assert [told[3] for told in site.told].count("switch_online") == 1
    assert {told[2] for told in site.told[1:]} <= {"ONLINE", "OFFLINE"}
    states = {camera: site.fleet.standing(camera).payload(T0 + 5 * MINUTE).state for camera in site.cameras}
    assert set(states.values()) == {"ONLINE"}
    last = {told[1]: told[2] for told in site.told}
    assert set(last.values()) == {"ONLINE"}


def test_an_edge_that_starts_beside_a_dead_switch_knows_it() -> None:
    site = Site(a=5)
    for camera in site.cameras:
        site.went(camera, T0 + SECOND, "no_route")
    assert [told[3] for told in site.told] == ["switch_offline"]


def test_cameras_that_were_taken_down_long_ago_are_no_switch_each_time_that_we_start() -> None:
    site = Site(a=10)
    for camera in site.cameras[:3]:
        site.went(camera, T0 + SECOND, "refused")
    for camera in site.cameras[3:]:
        site.came(camera, T0 + 2 * SECOND)
    site.until(T0 + 5 * MINUTE)
    assert {told[3] for told in site.told} == {"refused", "watching"}
    site.told.clear()
    for camera in site.cameras[3:6]:
        site.went(camera, T0 + 6 * MINUTE)
    assert [told[3] for told in site.told] == ["switch_offline"]


def test_who_is_repaired_is_not_lost() -> None:
    site = Site(a=4).all_came()
    for camera in site.cameras[:2]:
        site.fleet.standing(camera).maintenance(T0 + 10 * MINUTE, T0 + SECOND)
    for camera in site.cameras[:3]:
        site.went(camera, T0 + MINUTE)
    site.until(T0 + 5 * MINUTE)
    assert "switch_offline" not in {told[3] for told in site.told}


def test_what_cameras_of_a_site_have_in_common_has_a_name() -> None:
    assert switch_of(SITE, "sw-1") == "sw-1"
    assert switch_of(SITE, "") == "cameras-bv-thong-nhat"
    assert len(switch_of("s" * 64, "")) == 64


_STEPS = st.lists(
    st.tuples(st.integers(0, 5), st.booleans(), st.sampled_from([0, 1000, 9999, 10_000, 60_000])), max_size=60
)


@settings(max_examples=200)
@given(_STEPS, st.integers(1, 6))
def test_an_outage_begins_and_ends_and_every_camera_of_it_with_it(
    steps: list[tuple[int, bool, int]], count: int
) -> None:
    outages, away, off, at_ms = SiteOutages(), set[str](), set[str](), T0
    for number in range(count):
        outages.put(f"c{number}", "sw")
        assert list(outages.back(f"c{number}")) == []
    for number, goes, wait_ms in steps:
        camera, at_ms = f"c{number % count}", at_ms + wait_ms
        if goes == (camera in away):
            continue
        away ^= {camera}
        was_off = camera in off
        for told in outages.lost(camera, at_ms) if goes else outages.back(camera):
            assert told.is_off == goes
            assert camera in told.cameras
            off = off | set(told.cameras) if goes else off - set(told.cameras)
        assert off <= away
        if was_off:
            assert not off, "one of them is heard: the switch is there"
    assert count > 1 or not off
