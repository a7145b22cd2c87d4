"""Cuts a message into groups: one specimen and one order each.

ORU^R01: {[PID] {[ORC] OBR {OBX} [SPM]}}, the specimen behind its order (HL7 2.5.1, 7.3.1).
OUL^R22: [PID] {SPM {OBX} {SAC {INV}} {OBR [ORC] {OBX {INV} {NTE}}}}, before it (13.3.6). What
stands first, SPM or OBR, tells which; OBX directly under SPM describe the specimen.
"""

from dataclasses import dataclass, field

from adapters.lab_analyzers.er7 import Message, Segment

MAX_GROUPS = 2_000
MAX_ROWS = 400  # results of one group; keeps its event far below the bus's 256 KiB


@dataclass(slots=True)
class Group:
    """One OBR with all that applies to it; ``place`` for a person who looks for it."""

    place: str
    context: dict[str, Segment] = field(default_factory=dict)  # PID, SPM, SAC, ORC, OBR
    inventory: list[Segment] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)  # uncut
    notes: list[Segment] = field(default_factory=list)
    specimen_first: bool = False  # SPM named the specimen, or left it out: an order number is none
    overfull: bool = False  # rows were left out: what is there must not stand for the whole


@dataclass(slots=True)
class Problem:
    """Something a message leaves out or has too much of."""

    reason: str
    place: str


class Grouping:
    """One pass over a message; read ``groups`` and ``problems`` afterwards."""

    def __init__(self, message: Message) -> None:
        self.groups: list[Group] = []
        self.problems: list[Problem] = []
        self.several_messages = False
        self._message = message
        self._specimen_first = self._begins_with_specimen()
        self._above: dict[str, Segment] = {}  # what the next OBR inherits
        self._inventory: list[Segment] = []
        self._current: Group | None = None
        self._ended_by_specimen = False
        self._barren = ""  # place of an SPM that has no OBR yet
        for place, line in enumerate(message.lines, 2):
            handler = _TAKE.get(line[:3])
            if handler is not None:
                handler(self, line, place)
        self._close_specimen()

    def _begins_with_specimen(self) -> bool:
        return next((line[:3] == "SPM" for line in self._message.lines if line[:3] in {"SPM", "OBR"}), False)

    def _second_message(self, _line: str, place: int) -> None:
        """A sender that lost its framing: whose results stand where is not known any more."""
        self.several_messages = True
        self.problems.append(Problem("hl7.several_messages", f"segment {place}"))

    def _patient(self, line: str, _place: int) -> None:
        self._close_specimen()
        self._above = {"PID": self._message.segment(line)}
        self._inventory = []
        self._current = None

    def _specimen(self, line: str, place: int) -> None:
        segment = self._message.segment(line)
        if self._specimen_first:
            self._close_specimen()
            self._above = {name: kept for name, kept in self._above.items() if name == "PID"} | {
                "SPM": segment
            }
            self._inventory = []
            self._current = None
            self._barren = f"segment {place}"
        elif self._current is not None:
            self._current.context.setdefault("SPM", segment)
            self._ended_by_specimen = True

    def _close_specimen(self) -> None:
        if self._barren:
            self.problems.append(Problem("hl7.no_test", self._barren))
        self._barren = ""

    def _container(self, line: str, _place: int) -> None:
        segment = self._message.segment(line)
        if self._current is not None:
            self._current.context["SAC"] = segment
        else:
            self._above["SAC"] = segment

    def _supply(self, line: str, _place: int) -> None:
        supplies = self._current.inventory if self._current is not None else self._inventory
        if len(supplies) < MAX_ROWS:
            supplies.append(self._message.segment(line))

    def _order(self, line: str, _place: int) -> None:
        segment = self._message.segment(line)
        if self._specimen_first and self._current is not None:
            self._current.context["ORC"] = segment
        else:
            self._above["ORC"] = segment

    def _request(self, line: str, place: int) -> None:
        self._barren = ""
        self._ended_by_specimen = False
        if len(self.groups) >= MAX_GROUPS:
            self._current = None
            self.problems.append(Problem("hl7.too_many", f"segment {place}"))
            return
        group = Group(f"segment {place}", self._above | {"OBR": self._message.segment(line)})
        group.specimen_first = self._specimen_first
        group.inventory.extend(self._inventory)
        if not self._specimen_first:
            self._above.pop("ORC", None)
        self._current = group
        self.groups.append(group)

    def _observation(self, line: str, place: int) -> None:
        if self._current is None:
            if not self._barren:
                self.problems.append(Problem("hl7.no_test", f"segment {place}"))
        elif len(self._current.rows) >= MAX_ROWS:
            if not self._current.overfull:
                self.problems.append(Problem("hl7.too_many", f"segment {place}"))
            self._current.overfull = True
        elif not self._ended_by_specimen:
            self._current.rows.append(line)

    def _note(self, line: str, _place: int) -> None:
        if self._current is not None and len(self._current.notes) < MAX_ROWS:
            self._current.notes.append(self._message.segment(line))


_TAKE = {
    "PID": Grouping._patient, "SPM": Grouping._specimen, "SAC": Grouping._container,
    "INV": Grouping._supply, "ORC": Grouping._order, "OBR": Grouping._request,
    "OBX": Grouping._observation, "NTE": Grouping._note, "MSH": Grouping._second_message,
}  # fmt: skip
