"""What machines ask before they measure, and what they read in the answers: pure.

GeneXpert asks over HL7 with QBP^Z03 and finds its orders in the answer, over ASTM with a Q record and gets
O records in a session of the host's. Alinity m asks as IHE LAW says: QBP^Q11, RSP^K11, then OML^O33, which
it answers with ORL^O34.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from simulators.lab.er7 import escape
from simulators.lab.outcomes import Outcome
from simulators.province import AnalyzerPlan

UTF_8 = "UNICODE UTF-8"
ASKING = ("oru", "genexpert-astm", "alinity-m")  # GeneXpert only of those that send ORU


@dataclass(frozen=True, slots=True)
class Question:
    """A query for one specimen; ``law``: its orders come in a message of their own."""

    control_id: str
    message: bytes
    law: bool = False


def asks(plan: AnalyzerPlan, outcome: Outcome) -> bool:
    """Whether such a machine asks for such a specimen: nobody orders a control, or twice."""
    knows = plan.message in ASKING and (plan.message != "oru" or plan.profile == "genexpert")
    return knows and not outcome.control and not outcome.corrected


def question(plan: AnalyzerPlan, specimen: str, number: int, at: datetime) -> Question:
    """What ``plan`` asks for the ``number``-th time."""
    control_id, stamp = f"Q-{specimen}-{number}", f"{at:%Y%m%d%H%M%S}"
    name, us = escape(specimen), f"{plan.application}|{plan.facility}"
    match plan.message:
        case "genexpert-astm":
            lines = [
                f"H|@^\\|{control_id}||{plan.sender or 'LAB'}^{plan.model}^6.4|||||HUB||P|1394-97|{stamp}",
                f"Q|1|^{specimen}||||||||||O@N",
                "L|1|N",
            ]
        case "alinity-m":
            lines = [
                f"MSH|^~\\&|||||{stamp}||QBP^Q11^QBP_Q11|{control_id}|P|2.5.1|||NE|AL||{UTF_8}|||LAB-27^IHE",
                f"QPD|WOS^Work Order Step^IHE_LABTF|{control_id}|{name}",
                "RCP|I||R^Real Time^HL70394",
            ]
        case _:
            lines = [
                f"MSH|^~\\&|{us}|LIS||{stamp}||QBP^Z03^QBP_Z03|{control_id}|P|2.5",
                f"QPD|Z03^HOST QUERY|{control_id}||{name}",
                "RCP|I",
            ]
    text = "".join(f"{line}\r" for line in lines)
    return Question(control_id, text.encode(), plan.message == "alinity-m")


def orders_in_hl7(message: str) -> list[tuple[str, str]]:
    """(number of the step, test) of each order of an RSP or OML, in order; DC orders nothing."""
    found, wanted, step = [], False, ""
    for line in message.split("\r"):
        fields = [*line.split("|"), "", "", "", "", ""]
        if fields[0] == "ORC":
            wanted, step = fields[1] == "NW", fields[2]
        elif fields[0] == "OBR" and wanted:
            found.append((fields[2] or step, fields[4].split("^")[0]))
    return found


def orders_in_records(records: str) -> list[str]:
    """Tests of the O records, in the delimiters of the header."""
    header = records[: records.find("\r")]
    field, repeat, component = header[1], header[2], header[3]
    tests: list[str] = []
    for line in records.split("\r"):
        if line.startswith(f"O{field}"):
            fields = [*line.split(field), *[""] * 5]
            tests += [each.split(component)[3] for each in fields[4].split(repeat)]
    return tests


def taken(order: str, at: datetime, number: int) -> bytes:
    """The ORL^O34 that takes every step of an OML^O33."""
    head = order[: order.find("\r")].split("|")
    told, ours = f"{at:%Y%m%d%H%M%S%z}", f"L-{head[9]}-{number}"
    lines = [
        f"MSH|^~\\&|||||{told}||ORL^O34^ORL_O42|{ours}|P|2.5.1||||||{UTF_8}|||LAB-28^IHE",
        f"MSA|AA|{head[9]}",
        *_steps(order),
    ]
    return "".join(f"{line}\r" for line in lines).encode()


def _steps(order: str) -> Iterator[str]:
    for step, _ in orders_in_hl7(order):
        yield f"ORC|OK|{step}|||SC"
