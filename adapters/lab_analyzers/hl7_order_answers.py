"""What a machine says to orders: ORL^O34, or a general acknowledgement. Pure, and a result of any bytes.

ORC-1 for each step: OK accepted, CR cancelled as requested; UA unable to accept, UC unable to cancel. A step
that is not named, and every step where there is no ORC, goes by MSA-1.
Source: IHE LAW (PaLM TF-2b 3.28), HL7 2.5.1 tables 0008 and 0119.
"""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from adapters.lab_analyzers.er7 import Fault, Header, Message, read_message
from adapters.lab_analyzers.hl7_orders import OrderMessage
from hub.contract import Order

_ANSWER_TYPES = frozenset(("ORL", "ACK"))
_REFUSING = frozenset(("UA", "UC"))
_MOST_STEPS = 1_000
Code = Literal["AA", "AE", "AR", "CA", "CE", "CR"]
_CODES: dict[str, Code] = {"AA": "AA", "AE": "AE", "AR": "AR", "CA": "CA", "CE": "CE", "CR": "CR"}


class MachineAnswer(NamedTuple):
    """``control`` is MSA-2; ``steps``: ORC-1 and the id of each step that is named, in order."""

    code: Code
    control: bytes
    steps: tuple[tuple[str, str], ...]


class Verdict(NamedTuple):
    """``again``: neither taken nor refused, the machine had trouble of its own (AE)."""

    taken: tuple[Order, ...] = ()
    refused: tuple[Order, ...] = ()
    again: bool = False


def is_answer(header: Header) -> bool:
    """Whether a message answers one of ours: nobody answers it in turn."""
    return header.text(9)[:3].upper() in _ANSWER_TYPES


def read_answer(raw: bytes, header: Header, charset: str = "") -> MachineAnswer | Fault:
    message = read_message(raw, header, charset)
    if isinstance(message, Fault):
        return message
    line = next((line for line in message.lines if line.startswith("MSA")), None)
    if line is None:
        return Fault("hl7.no_answer", "MSA")
    segment = message.segment(line)
    code = _CODES.get(segment.text(1).upper())
    if code is None:
        return Fault("hl7.no_answer", "MSA-1")
    control = segment.field(2).strip().encode(message.charset, "replace")
    return MachineAnswer(code, control, tuple(_steps(message))[:_MOST_STEPS])


def _steps(message: Message) -> Iterator[tuple[str, str]]:
    """ORC-2, or OBR-2 of the OBR behind it."""
    waiting = ""
    for line in message.lines:
        if line.startswith("ORC"):
            if waiting:
                yield waiting, ""
            segment = message.segment(line)
            waiting = segment.text(1).upper() or "OK"
            if segment.text(2):
                yield waiting, segment.text(2)
                waiting = ""
        elif line.startswith("OBR") and waiting:
            yield waiting, message.segment(line).text(2)
            waiting = ""
    if waiting:
        yield waiting, ""


def verdict(answer: MachineAnswer, sent: OrderMessage) -> Verdict:
    """What became of the orders of ``sent``; an order is taken when none of its steps was refused."""
    if answer.code in ("AE", "CE"):
        return Verdict(again=True)
    if answer.code in ("AR", "CR"):
        return Verdict(refused=sent.orders)
    refused = {order.order for order in _refused(answer, sent)}
    return Verdict(
        tuple(order for order in sent.orders if order.order not in refused),
        tuple(order for order in sent.orders if order.order in refused),
    )


def _refused(answer: MachineAnswer, sent: OrderMessage) -> Iterator[Order]:
    """By the id of the step; by its place where the machine names none and speaks of as many."""
    in_order = list(sent.steps.values())
    for place, (control, step) in enumerate(answer.steps):
        if control not in _REFUSING:
            continue
        if step in sent.steps:
            yield sent.steps[step]
        elif len(answer.steps) == len(in_order):
            yield in_order[place]
        else:
            yield from in_order
