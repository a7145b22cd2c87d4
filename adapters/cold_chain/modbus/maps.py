"""Maps of registers: which of them hold what, as data. Packaged ones stand in ``maps/``."""

import struct
import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from adapters.cold_chain.modbus.frames import MOST_REGISTERS
from adapters.cold_chain.sensor_config import Metric

FOLDER = Path(__file__).parents[1] / "maps"
NumberType = Literal["int16", "uint16", "int32", "uint32", "float32"]
_FORMATS: dict[NumberType, str] = {
    "int16": ">h",
    "uint16": ">H",
    "int32": ">i",
    "uint32": ">I",
    "float32": ">f",
}
RegisterName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]


class Register(BaseModel):
    """One measurement: a register, or two."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    function: Literal[3, 4] = Field(4, description="3: holding registers, 4: input registers.")
    address: int = Field(
        ge=0, le=65535, description="As in the frame, from 0; 30002 and 40002 of a manual are 1."
    )
    type: NumberType = Field("int16", description="How its number is written.")
    words: Literal["big", "little"] = Field("big", description="Of two registers, which word comes first.")
    scale: float = Field(1, gt=0, le=1_000_000, description="A step of the number, in its unit: 0.1.")
    metric: Metric | None = Field(
        None, description="What it is, where the device does not say so by probes; the first may be metric."
    )
    unit: str = Field("Cel", pattern=r"^[!-~]{1,16}$", description="Unit (UCUM): Cel, [degF], K, %, V …")
    sentinels: tuple[int, ...] = Field(
        default=(), max_length=16, description="Numbers, before the scale, that mean a failed probe."
    )
    lowest: float | None = Field(None, description="What it can measure; less is a fault.")
    highest: float | None = Field(None, description="What it can measure; more is a fault.")

    @model_validator(mode="after")
    def _is_in_the_address_room(self) -> Self:
        if self.address + self.width > 65536:
            raise ValueError("its second register would be over 65535")
        return self

    @property
    def width(self) -> int:
        return 2 if self.type.endswith("32") else 1


class Measured(NamedTuple):
    """``fault``: why the number is none."""

    value: float
    fault: str | None


def number(words: tuple[int, ...], register: Register) -> Measured:
    """The number that the words of ``register`` hold, scaled; a float as its shortest seven digits."""
    ordered = words if register.words == "big" else words[::-1]
    (raw,) = struct.unpack(_FORMATS[register.type], struct.pack(f">{len(words)}H", *ordered))
    if isinstance(raw, float):
        raw = float(f"{raw:.7g}")  # NaN and infinity are judged as any other number
        return Measured(raw if register.scale == 1 else raw * register.scale, _fault(raw, raw, register))
    value = float(Decimal(raw) * Decimal(repr(register.scale)))
    return Measured(value, _fault(raw, value, register))


def _fault(raw: float, value: float, register: Register) -> str | None:
    if raw in register.sentinels:
        return "probe_lost"
    below = register.lowest is not None and value < register.lowest
    above = register.highest is not None and value > register.highest
    return "out_of_range" if below or above else None


class RegisterMap(BaseModel):
    """A packaged map; ``source`` says where it was read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str
    source: str = Field(min_length=10)
    registers: dict[RegisterName, Register] = Field(min_length=1, max_length=64)


@cache
def packaged(name: str) -> RegisterMap:
    """Raises KeyError: there is none of this name."""
    if name not in names():
        raise KeyError(name)
    return RegisterMap.model_validate(tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8")))


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


class Block(NamedTuple):
    """Registers that stand side by side, asked for at once."""

    function: int
    address: int
    width: int


def blocks(registers: Mapping[str, Register]) -> Iterator[Block]:
    """What to ask for, in order; nothing that the map does not name: some devices refuse the whole then."""
    open_block: Block | None = None
    for register in sorted(registers.values(), key=lambda each: (each.function, each.address)):
        end = register.address + register.width
        if open_block is not None:
            function, start, width = open_block
            joins = register.function == function and register.address <= start + width
            if joins and end - start <= MOST_REGISTERS:
                open_block = Block(function, start, max(width, end - start))
                continue
            yield open_block
        open_block = Block(register.function, register.address, register.width)
    if open_block is not None:
        yield open_block
