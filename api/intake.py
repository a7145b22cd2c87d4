"""From bodies to the hub's desk: persons become pseudonyms on the way, all items are entered or none."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from api.deck import Deck
from api.edge.whose import known_edges
from api.intake_bodies import Body, OfPerson
from api.problems import Problem
from hub.intake_kinds import KINDS
from hub.intake_limits import INTAKE_DEVICE, MOST_AT_ONCE
from hub.pseudonyms import looks_like_person_id
from storage.contract import Row

_LABELS: Final = ("specimen", "order")
Progress = Callable[[int], None]
Entered = tuple[list[Row], list[dict[str, Any]]]


async def enter(deck: Deck, kind: str, bodies: Sequence[Body], by: str, *, check: bool) -> list[Row]:
    """What became of each; raises Problem 421, 422 (with every error) or 503: nothing was entered."""
    rows, errors = await tried(deck, kind, bodies, by, check=check)
    if errors:
        raise refused(errors)
    return rows


async def tried(deck: Deck, kind: str, bodies: Sequence[Body], by: str, *, check: bool) -> Entered:
    """(what became of each, errors {index field code}); with errors nothing was entered."""
    told = await _told(deck, bodies)
    scope = None
    if deck.scope is not None:
        scope = {"sites": sorted(deck.scope.sites), "districts": sorted(deck.scope.districts)}
    found = await deck.hub.enter_intake(kind=kind, items=told, by=by, check=check, scope=scope)
    return [_row(deck, kind, one) for one in found.get("items", ())], list(found.get("errors", ()))


async def entered_in_parts(
    deck: Deck,
    kind: str,
    bodies: Sequence[Body],
    by: str,
    *,
    check: bool,
    progress: Progress | None = None,
) -> Entered:
    """As ``tried``, of any number: all are checked before the first is entered.

    A part that is entered stays if a later one fails; sent again, it is unchanged.
    """
    parts = range(0, len(bodies), MOST_AT_ONCE)
    rows: list[Row] = []
    for only_check in [True] if check else [True, False]:
        rows, errors = [], []
        for first in parts:
            part = bodies[first : first + MOST_AT_ONCE]
            done, wrong = await tried(deck, kind, part, by, check=only_check)
            rows += done
            if progress and not only_check:
                progress(len(rows))
            errors += [one | {"index": one["index"] + first} for one in wrong]
        if errors:
            return [], errors
    return rows, []


def refused(errors: Sequence[dict[str, Any]]) -> Problem:
    detail = "Nothing was entered; every error names its item, its field and a code."
    return Problem(422, "intake.refused", detail, errors=list(errors))


def _row(deck: Deck, kind: str, told: dict[str, Any]) -> Row:
    return {
        "id": told["id"],
        "type": KINDS[kind].TYPE,
        "site": None,
        "device": INTAKE_DEVICE,
        "time": None,
        "received": None,
        "subject": told["subject"],
        "outcome": told["outcome"],
    }


async def _told(deck: Deck, bodies: Sequence[Body]) -> list[dict[str, Any]]:
    told = [body.told() for body in bodies]
    asked = [
        wanted for place, body in enumerate(bodies) for wanted in _names_wanted(place, body, told[place])
    ]
    if asked and deck.edge is None:
        if any(field == "person" for _, field, _, _ in asked):
            raise await _elsewhere(deck)
        return told  # the desk refuses what looks like a person's number
    if asked and deck.edge is not None:
        names = await deck.edge.names([[kind, value] for _, _, kind, value in asked])
        for (place, field, _, _), name in zip(asked, names, strict=True):
            told[place][field] = name
    return told


def _names_wanted(place: int, body: Body, told: dict[str, Any]) -> list[tuple[int, str, str, str]]:
    """(item, field, kind, value) of what the edge must name."""
    wanted: list[tuple[int, str, str, str]] = []
    if isinstance(body, OfPerson) and body.person_id is not None:
        wanted.append((place, "person", body.person_id.kind, body.person_id.value))
    labels = {field: str(told.get(field) or "") for field in _LABELS}
    wanted += [(place, name, "label", text) for name, text in labels.items() if looks_like_person_id(text)]
    return wanted


async def _elsewhere(deck: Deck) -> Problem:
    edges = [{"id": name, "url": deck.settings.url_of_edge(name)} for name in await known_edges(deck)]
    detail = "Only an edge has the key that names persons: send pseudonyms, or ask where an edge is beside."
    return Problem(421, "person.edge_only", detail, edges=edges)
