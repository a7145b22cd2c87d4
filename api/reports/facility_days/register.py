"""Which facilities should have reported on which days. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from api.reports.reported_facts import number_of, payloads
from hub.reported import FacilityRegistered
from storage.reporting import StoredFact

_NEVER = 1 << 30


@dataclass(frozen=True, slots=True)
class Registered:
    """``facility`` as it was last within the days asked for; it was to report on ``days`` of them."""

    facility: FacilityRegistered
    days: int


def registered(facts: Iterable[StoredFact], kind: str, first: int, last: int) -> Mapping[str, Registered]:
    """Those of a kind that were open on any day of ``first`` to ``last``, by id."""
    versions: dict[str, list[FacilityRegistered]] = {}
    for one in payloads(facts, FacilityRegistered):
        versions.setdefault(one.facility, []).append(one)
    found: dict[str, Registered] = {}
    for name in sorted(versions):
        of = sorted(versions[name], key=lambda one: one.valid_from)
        told = [each for each in _spans(of, first, last) if each.facility.kind == kind]
        if told:
            found[name] = Registered(told[-1].facility, sum(each.days for each in told))
    return found


def _spans(of: Sequence[FacilityRegistered], first: int, last: int) -> list[Registered]:
    """Each version is in force until the next one, or until it ends."""
    starts = [_number(one.valid_from) for one in of]
    found: list[Registered] = []
    for one, begin, following in zip(of, starts, [*starts[1:], _NEVER], strict=True):
        end = min(following, _number(one.valid_to) if one.valid_to else _NEVER)
        days = min(end, last + 1) - max(begin, first)
        if days > 0:
            found.append(Registered(one, days))
    return found


def _number(day: str) -> int:
    return number_of(date.fromisoformat(day))
