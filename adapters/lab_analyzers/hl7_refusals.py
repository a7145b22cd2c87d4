"""What a machine says by a result without rows that it will not measure: ORC-1 = OC, UA. Pure, never raises.

So GeneXpert answers an order of our answer that it cannot use (301-2002: ORU^R32, the reason in its NTE).
"""

from typing import NamedTuple

from adapters.lab_analyzers.er7 import Fault, Header, read_message
from adapters.lab_analyzers.groups import Group, Grouping
from adapters.lab_analyzers.profiles import Profile

ORDER_REFUSED = "hl7.order_refused"
_NOTHING = frozenset(("OC", "UA"))
MAX_REFUSALS = 100
_MAX_ID_CHARACTERS = 200


class Refused(NamedTuple):
    """``test``: as the machine calls it."""

    specimen: str
    test: str


def read_refused(raw: bytes, header: Header, profile: Profile, charset: str = "") -> tuple[Refused, ...]:
    message = read_message(raw, header, charset or profile.charset)
    if isinstance(message, Fault):
        return ()
    groups = [group for group in Grouping(message).groups if not group.rows and orders_nothing(group)]
    found = [Refused(_specimen(group, profile), group.context["OBR"].text(4)) for group in groups]
    return tuple(one for one in found if one.specimen and one.test)[:MAX_REFUSALS]


def orders_nothing(group: Group) -> bool:
    """Whether its order was cancelled."""
    order = group.context.get("ORC")
    return order is not None and order.text(1) in _NOTHING


def _specimen(group: Group, profile: Profile) -> str:
    for place in profile.specimen:
        segment = group.context.get(place.segment)
        if segment is not None and (text := segment.text(place.field, place.component, place.subcomponent)):
            return text[:_MAX_ID_CHARACTERS]
    return ""
