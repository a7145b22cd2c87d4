"""What goes wrong on a line, by a plan: drawn for each frame, message or file, so that a hub has to bear it.

What each fault is on each kind of line stands in docs/simulators.md.
"""

import random
import tomllib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

Fault = Literal[
    "split", "delay", "truncate", "corrupt", "wrong_checksum", "cut", "swallowed_ack", "resent", "restart"
]
ON_ASTM: tuple[Fault, ...] = (
    "split", "delay", "truncate", "corrupt", "wrong_checksum", "cut", "swallowed_ack", "resent", "restart",
)  # fmt: skip
ON_MLLP: tuple[Fault, ...] = tuple(fault for fault in ON_ASTM if fault != "wrong_checksum")
ON_FILES: tuple[Fault, ...] = ("split", "delay", "truncate", "corrupt", "swallowed_ack", "resent")
MOST_PIECES = 200  # of one frame, message or file that is split

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class PlanError(Exception):
    """A plan of faults cannot be read; the text names every mistake."""


class FaultPlan(BaseModel):
    """Of how many frames (ASTM), messages (MLLP) or files each fault is; together at most all of them.

    A fault that a line does not have does not happen there: its share goes to no other one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)

    split: Share = 0
    delay: Share = 0
    truncate: Share = 0
    corrupt: Share = 0
    wrong_checksum: Share = 0
    cut: Share = 0
    swallowed_ack: Share = 0
    resent: Share = 0
    restart: Share = 0
    delay_seconds: Annotated[float, Field(ge=0, le=60, allow_inf_nan=False)] = 0.2
    cut_at_byte: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _not_more_than_all(self) -> Self:
        total = sum(self.share(fault) for fault in ON_ASTM)
        if total > 1 + 1e-9:
            raise ValueError(f"the shares come to {total:g}, more than 1")
        return self

    @classmethod
    def even(cls, share: float) -> Self:
        """``share`` of the frames has one, each fault as often as any other."""
        return cls.model_validate(dict.fromkeys(ON_ASTM, share / len(ON_ASTM)))

    def share(self, fault: Fault) -> float:
        return float(getattr(self, fault))


def read_plan(path: Path) -> FaultPlan:
    """The plan in a TOML file; raises PlanError with all its mistakes, OSError when it cannot be read."""
    try:
        found: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
        return FaultPlan.model_validate(found)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PlanError(f"{path}: {error}") from error
    except ValidationError as error:
        raise PlanError("\n".join(_told(path, each) for each in error.errors())) from error


def _told(path: Path, mistake: Any) -> str:
    key = ".".join(str(part) for part in mistake["loc"])
    if mistake["type"] == "extra_forbidden":
        known = ", ".join(FaultPlan.model_fields)
        return f"{path}: {key}: nobody knows it; known: {known}"
    return f"{path}: {key + ': ' if key else ''}{mistake['msg']}"


@dataclass(slots=True)
class Faults:
    """The faults of one line; the same generator gives the same ones. ``injected`` counts them."""

    plan: FaultPlan = field(default_factory=FaultPlan)
    rng: random.Random = field(default_factory=random.Random)
    injected: Counter[Fault] = field(default_factory=Counter)

    def draw(self, possible: tuple[Fault, ...] = ON_ASTM) -> Fault | None:
        """What happens to the next frame."""
        dice, sum_so_far = self.rng.random(), 0.0
        for fault in ON_ASTM:
            sum_so_far += self.plan.share(fault)
            if dice < sum_so_far:
                if fault not in possible:
                    return None
                self.injected[fault] += 1
                return fault
        return None

    def pause(self) -> float:
        """Seconds of a delay."""
        return self.rng.uniform(0, self.plan.delay_seconds)

    def place(self, data: bytes) -> int:
        """Inside of a frame or block: behind its first two bytes, before its end."""
        return self.rng.randrange(2, len(data) - 5)

    def cut(self, data: bytes) -> bytes:
        """What of it still goes out: up to the plan's byte, or to any."""
        at = self.plan.cut_at_byte
        return data[: self.place(data) if at is None else min(at, len(data) - 6)]

    def corrupted(self, frame: bytes) -> bytes:
        """One character of an ASTM frame's text is another one: the checksum no longer fits."""
        return replaced(frame, self.place(frame))

    def pieces(self, data: bytes) -> list[bytes]:
        """The bytes in pieces of one to seven, of more where there would be too many."""
        longest = max(7, 2 * len(data) // MOST_PIECES)
        pieces, at = [], 0
        while at < len(data):
            size = self.rng.randint(1, longest)
            pieces.append(data[at : at + size])
            at += size
        return pieces


def replaced(data: bytes, at: int) -> bytes:
    """The bytes with another printable character at one place."""
    return data[:at] + (b"#" if data[at : at + 1] != b"#" else b"$") + data[at + 1 :]
