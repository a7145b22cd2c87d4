"""Which acknowledgements a sender wants: original mode, or the enhanced mode that MSH-15 and MSH-16 ask for.

Original (both empty): one application acknowledgement. Enhanced: the accept acknowledgement (C_) says that
the message is kept, the application one (A_) that it was taken; each only on the condition its field names.
We keep and take in one commit, so where both are wanted CA goes before AA, and a refusal is told once.
Source: HL7 2.5.1, 2.9.2 and 2.9.3, table 0155. Seen: `NE|AL` (cobas 5800, Alinity m, cobas pro), `ER|AL`
(cobas 4800), none (cobas 6800, GeneXpert).
"""

from typing import Literal

from adapters.lab_analyzers.er7 import Fault, read_header

Answer = Literal["AA", "AE", "AR", "CA", "CE", "CR"]
Outcome = Literal["stored", "not_stored", "refused"]

# Table 0155: on which outcome each condition wants to hear something.
_ON_GOOD = frozenset(("AL", "SU"))
_ON_BAD = frozenset(("AL", "ER"))
_CONDITIONS = _ON_GOOD | _ON_BAD | {"NE"}
_ACCEPT: dict[Outcome, Answer] = {"stored": "CA", "not_stored": "CE", "refused": "CR"}
_APPLICATION: dict[Outcome, Answer] = {"stored": "AA", "not_stored": "AE", "refused": "AR"}


def answers(raw: bytes, outcome: Outcome) -> tuple[Answer, ...]:
    """The acknowledgements that the sender of ``raw`` waits for, in order; none where it wants none."""
    accept, application = _wanted(raw)
    heard = _ON_GOOD if outcome == "stored" else _ON_BAD
    found: list[Answer] = [_ACCEPT[outcome]] if accept in heard else []
    if application in heard and (outcome == "stored" or not found):
        found.append(_APPLICATION[outcome])
    return tuple(found)


def _wanted(raw: bytes) -> tuple[str, str]:
    """MSH-15 and MSH-16; a code of no table counts as empty.

    An empty MSH-16 is AL unless MSH-15 is: whoever leaves it out and waits must not wait for ever.
    """
    header = read_header(raw)
    if isinstance(header, Fault):
        return "NE", "AL"
    accept, application = (
        code if code in _CONDITIONS else "" for code in (header.text(15).upper(), header.text(16).upper())
    )
    return accept or "NE", application or ("NE" if accept == "AL" else "AL")
