"""What the province's lists say of a person, as a decision asks it; only the lists that the rules need."""

from typing import NamedTuple

from adapters.qr_gates.decisions.gate_rules import GateRules
from hub.contract import Outlet, PeopleList, PeopleListName, doses_of

WATCH: PeopleListName = "watch"  # asked by every gate: that there is none is told by the health of the edge


class ListedAs(NamedTuple):
    """Fields of ``Known``, by its names."""

    on_watch_list: bool = False
    positive_at_ms: int | None = None
    declared_at_ms: int | None = None
    doses: int = 0
    dosed_at_ms: int | None = None
    declarations_known: bool = True
    lacks_list: bool = False


class GatePeople:
    """Follows the lists from the first of these on."""

    def __init__(self, rules: GateRules, outlet: Outlet) -> None:
        self._lists: dict[PeopleListName, PeopleList] = {name: outlet.people(name) for name in _needed(rules)}

    def find(self, person: str) -> ListedAs:
        doses = self._said("doses", person)
        dosed = doses_of(doses) if doses is not None else None
        declared = self._lists.get("declared")
        return ListedAs(
            on_watch_list=self._said("watch", person) is not None,
            positive_at_ms=self._said("positive", person),
            declared_at_ms=self._said("declared", person),
            doses=dosed.doses if dosed else 0,
            dosed_at_ms=dosed.last_ms if dosed else None,
            declarations_known=declared is None or bool(declared.version),
            lacks_list=not all(each.version for name, each in self._lists.items() if name != WATCH),
        )

    def _said(self, name: PeopleListName, person: str) -> int | None:
        followed = self._lists.get(name)
        return followed.find(person) if followed else None


def _needed(rules: GateRules) -> list[PeopleListName]:
    asked: dict[PeopleListName, bool] = {
        "watch": True,
        "positive": rules.positive_days is not None,
        "declared": rules.declaration_hours is not None,
        "doses": rules.proof is not None and rules.proof.doses is not None,
    }
    return [name for name, is_asked in asked.items() if is_asked]
