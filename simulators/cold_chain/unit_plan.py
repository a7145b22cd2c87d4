"""The simulated units: which cabinet, where, how its sensor talks. The same numbers give the same units."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

Talker = Literal["zigbee2mqtt", "tasmota", "chirpstack", "cce", "table", "fridge-tag", "modbus"]
TALKERS: tuple[Talker, ...] = get_args(Talker)
OVER_MQTT: frozenset[Talker] = frozenset({"zigbee2mqtt", "tasmota", "chirpstack"})
IN_FILES: frozenset[Talker] = frozenset({"table", "fridge-tag"})
POLLED: frozenset[Talker] = frozenset({"modbus"})  # a hub asks them: nobody knows before what it reads
MOST_SLAVES = 247
APPLICATION = "17c82e96-be03-4f38-aef3-f83d48582d97"
FIRST_NUMBER = 4_100
PROFILES = {"fridge": "fridge", "freezer": "freezer", "ultra_low": "ultra-low"}
# An EM300 measures from -30 °C, an XY-MD02 from -40 °C, a DS18B20 from -55 °C, as a vaccine compartment of
# cce-interop.
CABINETS: dict[Talker, tuple[str, ...]] = {
    "zigbee2mqtt": ("fridge", "freezer", "fridge", "ultra_low"),
    "tasmota": ("fridge", "freezer", "fridge"),
    "chirpstack": ("fridge", "freezer"),
    "cce": ("fridge", "fridge", "freezer"),
    "table": ("fridge", "freezer", "ultra_low"),
    "fridge-tag": ("fridge", "freezer"),
    "modbus": ("fridge", "freezer"),
}


@dataclass(frozen=True, slots=True)
class Lines:
    """Where units send: a broker, the API of the edge, a folder of folders. What is None is not there.

    ``modbus``: where slaves are asked.
    """

    mqtt: tuple[str, int] | None = None
    url: str | None = None
    folder: Path | None = None
    modbus: tuple[str, int] | None = None

    @property
    def talkers(self) -> tuple[Talker, ...]:
        """Those that can reach the hub."""
        there: dict[Talker, bool] = dict.fromkeys(IN_FILES, self.folder is not None)
        there |= {"cce": self.url is not None, "modbus": self.modbus is not None}
        return tuple(each for each in TALKERS if there.get(each, self.mqtt is not None))

    def folder_of(self, plan: "UnitPlan") -> Path:
        """Where a logger's files go; only for one that writes files."""
        assert self.folder is not None
        return self.folder / plan.id


@dataclass(frozen=True, slots=True)
class UnitPlan:
    """``number`` is unique; ``fahrenheit``: what a Tasmota is set to; ``ems``: else its monitor is an RTM."""

    id: str
    site: str
    number: int
    talker: Talker
    cabinet: str
    every_minutes: float

    @property
    def profile(self) -> str:
        """As a hub names the storage profile."""
        return PROFILES[self.cabinet]

    @property
    def serial(self) -> str:
        """Sixteen hexadecimal digits."""
        return f"24e124468d{FIRST_NUMBER + self.number:06x}"

    @property
    def slave(self) -> int:
        """Its address on the gateway, 1 to 247."""
        return self.number % MOST_SLAVES + 1

    @property
    def fahrenheit(self) -> bool:
        return self.talker == "tasmota" and self.number % 2 == 0

    @property
    def ems(self) -> bool:
        return self.talker == "cce" and self.number % 3 == 0

    @property
    def topic(self) -> str:
        """Where it publishes, over MQTT."""
        match self.talker:
            case "tasmota":
                return f"tele/{self.id}/SENSOR"
            case "chirpstack":
                return f"application/{APPLICATION}/device/{self.serial}/event/up"
        return f"zigbee2mqtt/{self.id}"


def fleet(units: int, sites: int, talkers: Sequence[Talker], every_minutes: float) -> tuple[UnitPlan, ...]:
    """``units`` at ``sites`` places, the talkers in turn, so that each site has several kinds."""
    made: list[UnitPlan] = []
    for number in range(units):
        talker = talkers[number % len(talkers)]
        kinds = CABINETS[talker]
        cabinet = kinds[number // len(talkers) % len(kinds)]
        pace = 15.0 if talker == "cce" else every_minutes
        site = f"tram-{number * sites // units + 1:03d}"
        made.append(UnitPlan(f"tu-{number + 1:04d}", site, number, talker, cabinet, pace))
    return tuple(made)
