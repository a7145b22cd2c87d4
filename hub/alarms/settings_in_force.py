"""By what alarms judge, as the store keeps it: versions of profiles, units, calibrations, and since when.

A version that judged once is kept as it was: what it raised is explained by it. One that is changed must be
given another number.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from hub.alarms.calibrations import CALIBRATION, Calibrations, Issued, encode
from hub.alarms.calibrations import decode as decode_issued
from hub.alarms.rules import InForce, Profile

_PROFILE, _UNIT, _GATEWAY = "profile/", "unit/", "gateway/"
_encode = msgspec.json.Encoder(order="deterministic").encode
_decode = msgspec.json.Decoder(Profile).decode


@dataclass(frozen=True, slots=True)
class Setting:
    """One of them: ``body`` is JSON."""

    name: str
    from_ms: int
    body: bytes


class Settings:
    """Those that are kept, and those that came new."""

    def __init__(self, kept: Iterable[tuple[str, int, bytes]]) -> None:
        self.new: list[Setting] = []
        self._profiles: dict[str, list[tuple[int, Profile]]] = {}
        self._units: dict[str, int] = {}
        self._gateways: dict[str, str] = {}
        self.calibrations = Calibrations()
        for name, from_ms, body in kept:
            if name.startswith(_PROFILE):
                profile = _decode(body)
                self._profiles.setdefault(profile.name, []).append((from_ms, profile))  # by time
            elif name.startswith(_UNIT):
                self._units[name.removeprefix(_UNIT)] = from_ms
            elif name.startswith(_GATEWAY):  # by time
                self._gateways.update([msgspec.json.decode(body, type=tuple[str, str])])
            elif name.startswith(CALIBRATION):
                self.calibrations.add(decode_issued(body))

    def offer(self, profiles: Iterable[Profile], now_ms: int) -> list[str]:
        """Take versions that are not in force into it; the labels of those that differ from what is kept."""
        changed: list[str] = []
        for profile in profiles:
            versions = self._profiles.setdefault(profile.name, [])
            kept = [each for _, each in versions if each.version == profile.version]
            if kept and kept[0] != profile:
                changed.append(profile.label)
            elif not kept or versions[-1][1] != profile:
                versions.append((now_ms, profile))
                self.new.append(Setting(f"{_PROFILE}{profile.label}/{now_ms}", now_ms, _encode(profile)))
        return changed

    def versions(self) -> Mapping[str, tuple[InForce, ...]]:
        """The rules of each profile; the first version has always been in force, the last still is."""
        return {name: tuple(_in_force(versions)) for name, versions in self._profiles.items()}

    def kinds(self) -> Mapping[str, str]:
        """The profile that judges devices of a kind, beside what their own says."""
        newest = (versions[-1][1] for versions in self._profiles.values())
        return {kind: profile.name for profile in newest for kind in profile.kinds}

    def known_from(self, device: str, now_ms: int) -> int:
        """Since when a unit is known: now, where it was not."""
        if device not in self._units:
            self._units[device] = now_ms
            self.new.append(Setting(f"{_UNIT}{device}", now_ms, b"{}"))
        return self._units[device]

    def gateway_of(self, device: str) -> str:
        """What it hung on when it told of it last; empty: on nothing."""
        return self._gateways.get(device, "")

    def hang(self, device: str, gateway: str, now_ms: int) -> None:
        """It hangs on this gateway from now on."""
        if self.gateway_of(device) != gateway:
            self._gateways[device] = gateway
            self.new.append(Setting(f"{_GATEWAY}{device}/{now_ms}", now_ms, _encode([device, gateway])))

    def calibrate(self, issued: Issued) -> None:
        """Take one more into force; those before it stay."""
        self.calibrations.add(issued)
        self.new.append(Setting(issued.name, issued.issued_ms, encode(issued)))

    def written(self) -> None:
        self.new = []


def _in_force(versions: Sequence[tuple[int, Profile]]) -> Iterable[InForce]:
    ordered = sorted(versions, key=lambda each: each[0])
    for place, (from_ms, profile) in enumerate(ordered):
        to_ms = ordered[place + 1][0] if place + 1 < len(ordered) else None
        if to_ms is not None and to_ms <= from_ms:
            continue
        for rule in profile.rules:
            yield InForce(rule, from_ms if place else None, to_ms)
