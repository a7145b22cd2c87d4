"""One cabinet with its sensor in the simulated world: what it would show at any minute. No I/O."""

import math
import random
from dataclasses import dataclass, field, replace

from simulators.cold_chain.thermal import CABINETS, Cabinet, CabinetState, at_rest, step
from simulators.province import FridgePlan

MINUTES_PER_DAY = 1440.0
ROOM_MEAN, ROOM_SWING = 29.0, 3.5  # °C over a day in Biên Hòa, without air conditioning
AJAR_MINUTES = 120.0  # a door that is not quite shut: the compressor cannot hold it
WINDOW_MINUTES = 15.0
SENSOR_NOISE = 0.04  # °C, one standard deviation


@dataclass(frozen=True, slots=True)
class Sample:
    """What the sensor measured; °C, % relative humidity, % and mV of battery, 0-255 link quality.

    ``contact``: its door is shut; ``mains_s``: seconds of mains in 15 minutes. None: it has no such part.
    """

    temperature: float
    humidity: float
    battery: int
    voltage: int
    linkquality: int
    contact: bool | None = None
    mains_s: int | None = None


@dataclass(slots=True)
class SimulatedFridge:
    """A cabinet that lives in minutes of the simulated world; the same seed gives the same life."""

    plan: FridgePlan
    seed: int
    minutes: float = 0.0
    cabinet: Cabinet = field(init=False)
    state: CabinetState = field(init=False)
    _chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._chance = random.Random(f"fridge {self.seed} {self.plan.id}")
        self.cabinet = CABINETS[self.plan.cabinet]
        offset = self._chance.uniform(-0.8, 0.8)  # an incident must come when it was planned
        self.state = at_rest(self.cabinet, 0.0 if self.plan.incidents else offset)

    @property
    def silent(self) -> bool:
        """Whether its radio is gone just now."""
        return self._happens("silent")

    def advance(self, minutes: float) -> Sample:
        """Let ``minutes`` pass, at least 0, and read the sensor."""
        ajar = self._happens("door_ajar")
        self.state = step(
            replace(self.cabinet, door_minutes=AJAR_MINUTES) if ajar else self.cabinet,
            self.state,
            minutes,
            room_temperature(self.minutes),
            door_open=ajar or self._happens("door_open"),
            powered=not any(map(self._happens, ("compressor_off", "leak", "power_cut"))),
        )
        self.minutes += minutes
        return self._sample()

    def _happens(self, kind: str) -> bool:
        return any(
            incident.kind == kind and incident.active(self.minutes) for incident in self.plan.incidents
        )

    def _sample(self) -> Sample:
        humidity = 44.0 + 2.0 * (self.state.air - self.cabinet.setpoint) + self._chance.gauss(0, 0.6)
        battery = min(max(1, round(100 - self.minutes / MINUTES_PER_DAY / 4)), 100)
        return Sample(
            temperature=round(self.state.probe + self._chance.gauss(0, SENSOR_NOISE), 2),
            humidity=round(min(max(humidity, 5.0), 99.0), 2),
            battery=battery,
            voltage=2500 + 6 * battery,
            linkquality=self._chance.randint(60, 220),
            contact=not (self._happens("door_open") or self._happens("door_ajar"))
            if self.plan.door
            else None,
            mains_s=self._mains_seconds() if self.plan.mains else None,
        )

    def _mains_seconds(self) -> int:
        """Of the last 15 minutes."""
        away = max(
            (each.lasting(self.minutes) for each in self.plan.incidents if each.kind == "power_cut"),
            default=0.0,
        )
        return max(0, round(60 * (WINDOW_MINUTES - away)))


def room_temperature(minutes: float) -> float:
    """°C around the cabinet, a daily wave that starts at its mean in the morning."""
    return ROOM_MEAN + ROOM_SWING * math.sin(2 * math.pi * minutes / MINUTES_PER_DAY)
