"""Who is an F0 and who an F1: persons, each once, with day and place. Pure.

F0: a person of whom a result stands that is positive and final or corrected, of no control and no pool.
The day is that of the first such observation: a retest adds nobody, and a result that is corrected to
negative, or withdrawn, takes its person away. F1: who was registered as the contact of a case.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from api.reports.site_places import SitePlace
from api.specimens import FINAL, owners
from hub.places import Place, register
from hub.reported import SpecimenRegistered
from storage.reporting import StoredFact, StoredResult

EPOCH = date(1970, 1, 1)
_WEAK = "w-"


class Known(NamedTuple):
    """What the log knows: results, registrations, where each site lies, and each facility's site."""

    results: Sequence[StoredResult]
    registered: Sequence[StoredFact]
    sites: Mapping[str, SitePlace]
    site_of: Mapping[str, str]


class Person(NamedTuple):
    """``place`` None: nobody told one; ``by_site``: the district is that of the site that measured.

    ``day``: since 1970-01-01. ``contact``: registered as the contact of a case. ``facts``: behind it.
    """

    who: str
    day: int
    place: Place | None
    by_site: bool
    contact: bool
    facts: int


class _Sign(NamedTuple):
    """One sign of a person: a positive result, or a registration as a contact."""

    who: str
    time_ms: int
    number: int
    day: int
    place: Place | None
    by_site: bool


def cases(known: Known) -> list[Person]:
    """Every F0, by the first sign."""
    contacts = {contact.who for contact in contacts_registered(known)}
    return [_person(who, signs, contact=who in contacts) for who, signs in _by_person(_positives(known))]


def contacts_registered(known: Known) -> list[Person]:
    """Every F1, those among them who have become an F0 too."""
    return [_person(who, signs, contact=True) for who, signs in _by_person(_contacts(known))]


def _by_person(signs: Iterable[_Sign]) -> Iterable[tuple[str, list[_Sign]]]:
    ordered = sorted(signs, key=lambda sign: (sign.who, sign.time_ms, sign.number))
    return ((who, list(found)) for who, found in groupby(ordered, key=lambda sign: sign.who))


def _person(who: str, signs: Sequence[_Sign], *, contact: bool) -> Person:
    """The place is the first that was told; where a specimen itself names one, that."""
    told = [sign for sign in signs if sign.place is not None]
    best = min(told, key=lambda sign: sign.by_site, default=signs[0])
    return Person(who, signs[0].day, best.place, best.by_site, contact, len(signs))


def _positives(known: Known) -> Iterable[_Sign]:
    owner_of = owners(known.registered)
    registered = {fact.subject: fact.payload for fact in known.registered}
    for result in known.results:
        specimen = registered.get(owner_of(result) or "")
        assert specimen is None or isinstance(specimen, SpecimenRegistered)
        if _counts(result) and not (specimen and specimen.pool):
            yield _positive(result, specimen, known)


def _counts(result: StoredResult) -> bool:
    told = result.payload
    return told.call == "POS" and told.status in FINAL and not told.control


def _positive(result: StoredResult, specimen: SpecimenRegistered | None, known: Known) -> _Sign:
    who = _named((result.payload.person, result.site), *_registered_person(specimen, known))
    who = who or f"specimen:{_specimen(result, specimen)}"
    place = _place(specimen, result.day)
    by_site = place is None
    if place is None and (site := known.sites.get(result.site)):
        place = _place_of(site.district, "", result.day)
    return _Sign(who, result.time_ms, result.number, result.day, place, by_site and place is not None)


def _specimen(result: StoredResult, specimen: SpecimenRegistered | None) -> str:
    """One that nobody registered is known at its site alone."""
    return specimen.specimen if specimen else f"{result.site}:{result.payload.specimen}"


def _registered_person(specimen: SpecimenRegistered | None, known: Known) -> list[tuple[str | None, str]]:
    if specimen is None:
        return []
    return [(specimen.person, known.site_of.get(specimen.facility, specimen.facility))]


def _named(*persons: tuple[str | None, str]) -> str:
    """The province's pseudonym before a weak one, which means nothing beyond its site; empty: none."""
    named = [(person, site) for person, site in persons if person]
    strong = next((person for person, _ in named if not person.startswith(_WEAK)), None)
    if strong is not None:
        return f"person:{strong}"
    return f"person:{named[0][1]}:{named[0][0]}" if named else ""


def _contacts(known: Known) -> Iterable[_Sign]:
    for fact in known.registered:
        told = fact.payload
        if isinstance(told, SpecimenRegistered) and told.contact_of_case and not told.pool:
            who = _named(*_registered_person(told, known)) or f"specimen:{told.specimen}"
            place = _place(told, fact.day)
            yield _Sign(who, fact.day, fact.number, fact.day, place, by_site=False)


def _place(specimen: SpecimenRegistered | None, day: int) -> Place | None:
    return _place_of(specimen.district, specimen.commune, day) if specimen else None


@lru_cache(maxsize=100_000)
def _place_of(district: str, commune: str, day: int) -> Place | None:
    return register().place_of(district, commune, day_of(day))


def day_of(number: int) -> date:
    """A day as the store counts it."""
    return EPOCH + timedelta(days=number)
