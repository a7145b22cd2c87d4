import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.cold_chain.fridge import SimulatedFridge
from simulators.cold_chain.thermal import CABINETS, CabinetState, at_rest, step
from simulators.province import FridgePlan, Incident

ROOM = 30.0
RANGES = {"fridge": (2.0, 8.0), "freezer": (-25.0, -15.0), "ultra_low": (-90.0, -60.0)}


@pytest.mark.parametrize("kind", CABINETS)
def test_a_working_cabinet_stays_in_its_range_and_its_compressor_rests(kind: str) -> None:
    cabinet, state = CABINETS[kind], at_rest(CABINETS[kind])
    running = []
    for _ in range(3 * 1440):
        state = step(cabinet, state, 1.0, ROOM)
        running.append(state.compressor)
        assert RANGES[kind][0] < state.air < RANGES[kind][1]
    assert 0.1 < sum(running) / len(running) < 0.8


def test_a_fridge_without_power_leaves_its_range_within_hours_and_ends_at_room_temperature() -> None:
    cabinet = CABINETS["fridge"]
    state = at_rest(cabinet)
    early = step(cabinet, state, 30.0, ROOM, powered=False)
    assert early.air < 8.0
    assert step(cabinet, state, 120.0, ROOM, powered=False).air > 8.0
    assert step(cabinet, state, 10_000.0, ROOM, powered=False).air == pytest.approx(ROOM, abs=0.1)


def test_an_open_door_warms_fast_and_the_probe_lags() -> None:
    cabinet = CABINETS["fridge"]
    opened = step(cabinet, at_rest(cabinet), 3.0, ROOM, door_open=True)
    assert opened.air - 5.0 > 2.0
    assert 5.0 < opened.probe < opened.air


@pytest.mark.parametrize("kind", CABINETS)
def test_a_compressor_pulls_faster_than_the_room_leaks(kind: str) -> None:
    cabinet = CABINETS[kind]
    warm = CabinetState(cabinet.setpoint + 4, cabinet.setpoint + 4)
    assert step(cabinet, warm, 600.0, ROOM).air < cabinet.setpoint + cabinet.deadband


@pytest.mark.slow
@given(
    st.sampled_from(sorted(CABINETS)),
    st.floats(-40, 45),
    st.lists(st.tuples(st.floats(0, 500), st.booleans(), st.booleans()), max_size=20),
)
def test_no_step_however_long_leaves_physics(
    kind: str, room: float, steps: list[tuple[float, bool, bool]]
) -> None:
    cabinet = CABINETS[kind]
    state = at_rest(cabinet)
    coldest = min(cabinet.setpoint, room) - cabinet.deadband
    for minutes, door, power in steps:
        state = step(cabinet, state, minutes, room, door_open=door, powered=power)
        assert coldest <= state.air <= max(cabinet.setpoint + cabinet.deadband, room)


def fridge(kind: str, seed: int = 1) -> SimulatedFridge:
    incident = Incident(kind, after_minutes=60, lasts_minutes=120, every_minutes=400)  # type: ignore[arg-type]
    return SimulatedFridge(FridgePlan("f", "s", "fridge", incidents=(incident,)), seed)


def test_a_failed_compressor_drifts_out_of_range_and_comes_back() -> None:
    broken = fridge("compressor_off")
    seen = [broken.advance(1.0).temperature for _ in range(400)]
    assert max(seen[:60]) < 8.0
    assert max(seen[60:200]) > 8.0
    assert max(seen[300:400]) < 8.0


def test_a_sensor_is_silent_for_as_long_as_its_incident_lasts() -> None:
    sensor = fridge("silent")
    silences = []
    for _ in range(240):
        sensor.advance(1.0)
        silences.append(sensor.silent)
    assert silences.index(True) == 59  # after 60 advances the clock says minute 60
    assert sum(silences) == 120


def test_the_same_seed_gives_the_same_life() -> None:
    def life(seed: int) -> list[object]:
        sensor = fridge("door_open", seed)
        return [sensor.advance(1.5) for _ in range(100)]

    assert life(4) == life(4)
    assert life(4) != life(5)
