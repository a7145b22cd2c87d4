"""States of an incident, after ISA-18.2 (IEC 62682), and what may be done in each: the tables.

A state is read off five facts. *active*: the episode is open and the data did not take it back.
*acknowledged*: somebody has seen it at its present severity. *waits*: it latches and nobody has decided
about the vaccine. Then the covers: the device is out of service, the incident is shelved, or suppressed.

    active  acknowledged  waits     state
    yes     no            any       UNACK
    yes     yes           any       ACK
    no      no            any       RTN_UNACK
    no      yes           yes       LATCHED
    no      yes           no        CLOSED

A cover shows instead of what it may hide; a decision that is due is hidden by the shelf alone, shortly.
"""

from enum import StrEnum


class State(StrEnum):
    """As ``alarm.v1`` and ``GET alarms?state=`` name it."""

    UNACK = "UNACK"
    ACK = "ACK"
    RTN_UNACK = "RTN_UNACK"
    LATCHED = "LATCHED"
    SHELVED = "SHELVED"
    SUPPRESSED = "SUPPRESSED"
    OUT_OF_SERVICE = "OUT_OF_SERVICE"
    CLOSED = "CLOSED"


# Keys: active, acknowledged, waits.
UNCOVERED: dict[tuple[bool, bool, bool], State] = {
    (True, False, False): State.UNACK,
    (True, False, True): State.UNACK,
    (True, True, False): State.ACK,
    (True, True, True): State.ACK,
    (False, False, False): State.RTN_UNACK,
    (False, False, True): State.RTN_UNACK,
    (False, True, True): State.LATCHED,
    (False, True, False): State.CLOSED,
}

_OPEN = frozenset({State.UNACK, State.ACK, State.RTN_UNACK})
HIDES: tuple[tuple[State, frozenset[State]], ...] = (  # the first that applies
    (State.OUT_OF_SERVICE, _OPEN),
    (State.SHELVED, _OPEN | {State.LATCHED}),
    (State.SUPPRESSED, _OPEN),
)


class Kind(StrEnum):
    """What an entry tells."""

    # The data
    RAISED = "RAISED"
    RETRO_RAISED = "RETRO_RAISED"
    EXTENDED = "EXTENDED"
    REVISED = "REVISED"
    RETURNED = "RETURNED"
    MERGED = "MERGED"
    WITHDRAWN_BY_DATA = "WITHDRAWN_BY_DATA"
    # People
    ACKED = "ACKED"
    SHELVED = "SHELVED"
    UNSHELVED = "UNSHELVED"  # the hub, when the time is up
    COMMENTED = "COMMENTED"
    ASSIGNED = "ASSIGNED"
    DISPOSITION = "DISPOSITION"
    # People, about a device
    OUT_OF_SERVICE = "OUT_OF_SERVICE"
    IN_SERVICE = "IN_SERVICE"
    CHECKED = "CHECKED"
    CALIBRATED = "CALIBRATED"
    PLACED = "PLACED"  # a vaccine lot, into it or out of it
    # The hub
    ESCALATED = "ESCALATED"
    NOTIFIED = "NOTIFIED"
    SUPPRESSED = "SUPPRESSED"
    RELEASED = "RELEASED"
    CLOSED = "CLOSED"
    AT_EDGE = "AT_EDGE"  # an edge that was apart did it, to no further effect here


BY_DATA = frozenset({Kind.RAISED, Kind.RETRO_RAISED, Kind.EXTENDED, Kind.REVISED, Kind.RETURNED})
OF_DEVICE = frozenset({Kind.OUT_OF_SERVICE, Kind.IN_SERVICE, Kind.CHECKED, Kind.CALIBRATED, Kind.PLACED})

_NOT_CLOSED = frozenset(State) - {State.CLOSED}
_EVER = frozenset(State)
# In which uncovered state a person or the hub may do what. What is missing here is always done by the data.
MAY: dict[Kind, frozenset[State]] = {
    Kind.ACKED: frozenset({State.UNACK, State.RTN_UNACK}),
    Kind.SHELVED: _NOT_CLOSED,
    Kind.UNSHELVED: _NOT_CLOSED,
    Kind.ASSIGNED: _NOT_CLOSED,
    Kind.SUPPRESSED: _NOT_CLOSED,
    Kind.RELEASED: _NOT_CLOSED,
    Kind.COMMENTED: _EVER,
    Kind.DISPOSITION: _EVER,  # a decision may be corrected
    Kind.ESCALATED: _NOT_CLOSED,
    Kind.NOTIFIED: _EVER,  # a channel answers when it does
    Kind.AT_EDGE: _EVER,
}
