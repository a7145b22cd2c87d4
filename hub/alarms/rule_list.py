"""By what the hub judges as a list for edges: an item a profile, an item a calibration.

What an item holds beside them is left alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from hub.alarms.calibrations import Issued
from hub.alarms.incidents.actions import RefusedAction, examined, require_device
from hub.alarms.incidents.calibrate import HeardCalibrate
from hub.alarms.rules import Profile

MOST_PROFILES = 1000
MOST_CALIBRATIONS = 20_000  # some 160 bytes each


class RuleItem(msgspec.Struct, omit_defaults=True):
    """One of them; neither: something that this version of epihub does not know."""

    profile: Profile | None = None
    calibration: Issued | None = None


class BadRules(ValueError):
    """A list of rules by which nobody can judge."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Calibrations without their certificates, issued first first."""

    profiles: tuple[Profile, ...]
    calibrations: tuple[Issued, ...] = ()


_encode = msgspec.json.Encoder(order="deterministic").encode
_decode = msgspec.json.Decoder(RuleItem).decode


def rule_items(profiles: Iterable[Profile], calibrations: Iterable[Issued] = ()) -> list[bytes]:
    """An item each: profiles in the order of their names, the calibrations that were issued last."""
    told = sorted(calibrations, key=_order)[-MOST_CALIBRATIONS:]
    return [
        *(_encode(RuleItem(profile)) for profile in sorted(profiles, key=lambda each: each.name)),
        *(_encode(RuleItem(calibration=msgspec.structs.replace(each, certificate=""))) for each in told),
    ]


def rules_of(items: Iterable[bytes]) -> Rules:
    """Raises BadRules: one that cannot be read, a name twice, or an offset that no sensor can have."""
    try:
        found = list(map(_decode, items))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRules("rules.unreadable") from error
    profiles = tuple(each.profile for each in found if each.profile)
    calibrations = sorted((each.calibration for each in found if each.calibration), key=_order)
    if len({each.name for each in profiles}) != len(profiles) or len(profiles) > MOST_PROFILES:
        raise BadRules("rules.twice")
    if (
        len({each.name for each in calibrations}) != len(calibrations)
        or len(calibrations) > MOST_CALIBRATIONS
    ):
        raise BadRules("rules.calibration_twice")
    for each in calibrations:
        _check(each)
    return Rules(profiles, tuple(calibrations))


def heard(issued: Issued) -> HeardCalibrate:
    """As it is entered into the ledger of an edge."""
    return HeardCalibrate(issued.by, "", issued.metric, issued.offset, issued.from_ms, issued.to_ms)


def _check(issued: Issued) -> None:
    try:
        examined(heard(issued))
        require_device("site", issued.device)
    except RefusedAction as refused:
        raise BadRules(f"rules.{refused.code}") from refused


def _order(issued: Issued) -> tuple[int, str, str]:
    return issued.issued_ms, issued.device, issued.metric
