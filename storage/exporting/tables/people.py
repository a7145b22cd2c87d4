"""What people were told, and what they told of vaccine lots."""

from collections.abc import Iterator

from storage.exporting.columns import SITE, Row, integer, person, text, time, truth
from storage.exporting.moment import Found
from storage.exporting.table import SqlTable

_NOTICE = (
    text("incident", "id of the incident"),
    SITE,
    text("kind", "`RAISED` `REMINDER` `RETURNED` `WITHDRAWN`"),
    integer("step", "of the chain, the first is 0"),
    person("person", "id of the person; empty: the channel itself"),
    text("channel", "over what; never an address"),
    truth("urgent", "never held back"),
    text("state", "`WAITING` `DELIVERED` `DEAD` `SKIPPED`"),
    text("code", "what the channel said"),
    integer("tries", "how often it was tried"),
    time("made", "when it became due to be told"),
    time("due", "when it is, or was, to be sent"),
    time("at", "when its state changed last"),
)
_PLACEMENT = (
    integer("number", "of the row, in the order of entry"),
    text("lot", "number of the lot"),
    text("product", "the vaccine"),
    text("unit", "device that it is in; empty: it was taken out"),
    integer("doses", "as many as were put in; empty: nobody said"),
    text("expiry", "its last day, YYYY-MM-DD"),
    text("vvm", "type of its vial monitor; empty: none"),
    time("since", "since when it is there"),
    time("thawed", "since when it is thawed"),
    integer("corrects", "number of the row that this one replaces; 0: none"),
    text("reason", "why it was taken out: a code"),
    person("actor", "id of the user"),
    time("at", "when it was entered"),
)
_NOTICES = """
SELECT incident, site, kind, step, person, channel, urgent, state, code, tries, made_ms, due_ms, at_ms
FROM notice WHERE made_ms >= $1 AND made_ms < $2
"""
_PLACEMENTS = """
SELECT number, lot, product, unit, doses, expiry, vvm, from_ms, thawed_ms, corrects, reason, actor, at_ms
FROM lot_placement WHERE at_ms >= $1 AND at_ms < $2
"""


def _notice(found: Found) -> Iterator[Row]:
    *head, told, channel, urgent, state, code = found[:9]
    yield (*head, told or None, channel, bool(urgent), state, code, *found[9:])


TABLES = (
    SqlTable(
        "notices", "Notices of the last 60 days and those that wait. No addresses, no texts.", _NOTICE,
        _NOTICES, "ORDER BY made_ms, key", "made", _notice,
    ),
    SqlTable(
        "placements", "Where vaccine lots were, as people told it, row after row.", _PLACEMENT, _PLACEMENTS,
        "ORDER BY number", "at",
    ),
)  # fmt: skip
