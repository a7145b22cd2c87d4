"""Analyzer profiles: where one model puts what, and what its words mean. One TOML file a model.

A file next to the packaged ones is found by its name; a path that ends in ``.toml`` is read as it is.
"""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator, ValidationError

from adapters.lab_analyzers import calls
from adapters.lab_analyzers.astm.order_layout import OrderLayout
from adapters.lab_analyzers.charsets import is_usable
from adapters.lab_analyzers.loinc import is_loinc
from adapters.lab_analyzers.order_rules import NamedTest, OrderRules
from adapters.lab_analyzers.quantities import Comparator
from adapters.lab_analyzers.table_layout import Table
from hub.errors import ConfigError
from hub.payloads import Call

FOLDER = Path(__file__).parent / "profiles"
_TEST_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/+#: -]{0,14}", re.ASCII)  # GeneXpert: OBR-4 is ID(15)
_PLACE = re.compile(r"([HPOR])-([1-9][0-9]?)(?:\.([1-9][0-9]?))?")
_SOURCE = re.compile(r"(MSH|PID|SPM|SAC|ORC|OBR|OBX)-([1-9][0-9]?)(?:\.([1-9])(?:\.([1-9]))?)?")


class Source(NamedTuple):
    """A place in a message: ``SPM-2.1.1`` is segment, field, component, subcomponent."""

    segment: str
    field: int
    component: int
    subcomponent: int


def read_source(text: object) -> Source:
    """Read ``OBR-3`` or ``SPM-2.1.1``; raises ValueError."""
    match = _SOURCE.fullmatch(str(text))
    if match is None:
        raise ValueError(f"{text!r} is no place in a message; write it like OBR-3 or SPM-2.1.1")
    segment, field, component, subcomponent = match.groups()
    return Source(segment, int(field), int(component or 1), int(subcomponent or 1))


def _charset(text: str) -> str:
    if text and not is_usable(text):
        raise ValueError("no Python charset in which ASCII reads as itself")
    return text


class Place(NamedTuple):
    """A place in E1394 records: ``R-14.4`` is record, field, component; fields count from 1, the type."""

    record: str
    field: int
    component: int


def read_place(text: object) -> Place:
    """Read ``O-3`` or ``R-14.4``; raises ValueError."""
    match = _PLACE.fullmatch(str(text))
    if match is None:
        raise ValueError(f"{text!r} is no place in records; write it like O-3 or R-14.4")
    record, field, component = match.groups()
    return Place(record, int(field), int(component or 1))


Places = tuple[Annotated[Place, PlainValidator(read_place)], ...]
Sources = tuple[Annotated[Source, PlainValidator(read_source)], ...]
Charset = Annotated[str, AfterValidator(_charset)]


class Records(BaseModel):
    """How a model writes E1394 records; components of R.3 count from 1, 0 is the first that is filled."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    specimen: Places = Field(
        default=(read_place("O-3"),), description="Where the specimen id is; O-4.1 may be a rack."
    )
    order: Places = Field(default=(), description="Where the order id is, if it is none of the specimen's.")
    run: Places = Field(
        default=(read_place("R-13"),), description="What tells runs of one test on one specimen apart."
    )
    serial: Places = Field(
        default=(read_place("H-5.3"),), description="Where the machine's serial number is."
    )
    patient: Places = Field(
        default=(read_place("P-4"), read_place("P-3")), description="Where the hospital's patient number is."
    )
    test_component: int = Field(
        default=0, ge=0, le=20, description="Component of R.3 with the test; 0: O.5 names it."
    )
    target_component: int = Field(default=0, ge=0, le=20, description="Component of R.3 with the target.")
    part_component: int = Field(
        default=0,
        ge=0,
        le=20,
        description="Component of R.3 that names a further value of the target; 0: none.",
    )
    assay_component: int = Field(
        default=0, ge=0, le=20, description="Component of R.3 filled only in the row of the test as a whole."
    )
    ct_parts: frozenset[str] = Field(default=frozenset(), description="Parts that are Ct values.")
    number_component: int = Field(default=1, ge=1, le=20, description="Component of R.4 with the number.")
    control_actions: frozenset[str] = Field(
        default=frozenset("Q"), description="O.12 codes of what is no patient's specimen."
    )
    failed_orders: bool = Field(
        default=False,
        description="Whether an O with O.26 = X and no R is a run that failed; else nobody will measure it.",
    )
    orders: OrderLayout = Field(default=OrderLayout(), description="How it asks for orders and takes them.")


class Profile(BaseModel):
    """How one model of analyzer writes results."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str = Field(default="", description="Model of the machine as results name it.")
    source: str = Field(description="The document or the captures that the rules come from.")
    charset: Charset = Field(default="", description="Python codec of its messages; empty: MSH-18 decides.")
    decimal: str = Field(default=".", pattern=r"^[.,]$", description="Decimal sign of its numbers.")
    specimen: Sources = Field(description="Where the specimen id is; the first that is filled counts.")
    specimen_pattern: str = Field(default="", description="Ids that may leave the edge; empty: the default.")
    order: Sources = Field(
        default=(read_source("OBR-2"), read_source("ORC-2")), description="Where the order id is."
    )
    order_pattern: str = Field(
        default="", description="Order ids that may leave the edge; empty: the default."
    )
    run: Sources = Field(
        default=(read_source("OBX-18"),), description="What tells runs of one test on one specimen apart."
    )
    serial: Sources = Field(default=(), description="Where the serial number of the machine is.")
    control_roles: frozenset[str] = Field(
        default=frozenset("BCEFOQV"),
        description="SPM-11 codes (HL7 table 0369) of what is no patient's specimen.",
    )
    control_inventory: frozenset[str] = Field(
        default=frozenset(),
        description="INV-3 codes that mark a control, for machines that do not use SPM-11.",
    )
    control_specimens: re.Pattern[str] | None = Field(
        default=None, description="Specimen ids of controls, whole, for machines that mark them by name only."
    )
    metadata_sub_ids: frozenset[str] = Field(
        default=frozenset(), description="OBX-4 values of rows that are not results."
    )
    metadata: frozenset[str] = Field(
        default=frozenset(), description="OBX-3 codes about the run, not results."
    )
    internal_controls: frozenset[str] = Field(
        default=frozenset(), description="OBX-3 codes of controls inside a specimen's own test."
    )
    ct_codes: frozenset[str] = Field(
        default=frozenset(), description="OBX-3 codes of Ct values, beside LOINC's."
    )
    ct_types: frozenset[str] = Field(
        default=frozenset(), description="OBX-2 types of rows that hold Ct values whatever their code."
    )
    ct_component: int = Field(
        default=0,
        ge=0,
        le=12,
        description="Channel of an array of Ct values that counts; 0: the first filled.",
    )
    ct_note: re.Pattern[str] | None = Field(
        default=None, description="NTE-3 with Ct values, group 1 their list with commas."
    )
    number_means: Call = Field(default="UNMAPPED", description="Call of a number whose unit tells nothing.")
    cancelled_means: Call = Field(default="NO_RESULT", description="Call of an empty value with status X.")
    words: dict[str, Call] = Field(default={}, description="Result texts of its own, whole.")
    bounds: dict[str, Comparator] = Field(
        default={}, description="Result texts that mean found, below or above what the test can count."
    )
    texts: dict[str, str] = Field(
        default={}, description="Texts of its test codes; texts of the device stay here."
    )
    loinc: dict[str, str] = Field(default={}, description="LOINC codes of its test codes.")
    records: Records = Field(default=Records(), description="How it writes E1394 records (ASTM).")
    table: Table = Field(default=Table(), description="How its exported tables (CSV, text) are laid out.")
    orders: OrderRules = Field(
        default=OrderRules(), description="How it is told what to measure, and what it calls its tests then."
    )
    national_id_types: frozenset[str] = Field(
        default=frozenset(("NI", "NNVNM")), description="PID-3.5 types of a national id number."
    )
    national_id_authorities: frozenset[str] = Field(
        default=frozenset(), description="PID-3.4 authorities whose 12 digits are a national id number."
    )

    def names_control(self, specimen: str) -> bool:
        """Whether a specimen id is that of a control by its name alone."""
        pattern = self.control_specimens
        return pattern is not None and pattern.fullmatch(specimen) is not None

    def known_tests(self) -> dict[str, str]:
        """Our codes that ``ordered_as`` knows by name, with their texts or ""; no controls or metadata."""
        ordered = {code: name.partition("^")[2].partition("^")[0] for code, name in self.orders.tests.items()}
        own = dict.fromkeys((*self.texts, *self.loinc), "")
        beside = self.internal_controls | self.metadata | self.ct_codes
        return {
            code: self.texts.get(code) or text for code, text in (own | ordered).items() if code not in beside
        }

    def ordered_as(self, code: str) -> NamedTest | None:
        """What the machine calls a test of ours; None: nobody said, and it is not guessed.

        In order: ``orders.tests``, the machine's own codes as its results have them, the one of them that has
        this LOINC code, any LOINC code where the machine takes them, any code where the laboratory defines
        them at the machine.
        """
        named = self.orders.named(code)
        if named is not None:
            return named
        if code in self.texts or code in self.loinc:
            own = "LN" if is_loinc(code) else self.orders.system
            return NamedTest(code, self.texts.get(code, ""), own)
        of_loinc = [own for own, loinc in self.loinc.items() if loinc == code]
        if len(of_loinc) == 1:
            return NamedTest(of_loinc[0], self.texts.get(of_loinc[0], ""), self.orders.system)
        if self.orders.loinc and is_loinc(code):
            return NamedTest(code, "", "LN")
        return NamedTest(code) if self.orders.verbatim and _TEST_CODE.fullmatch(code) else None


@cache
def load_profile(name: str) -> Profile:
    """The profile called ``name``; raises ConfigError that says what is wrong in which file."""
    return _read(name)


def load_anew(name: str) -> None:
    """``load_profile`` gives what the file says now; raises ConfigError, and all stays as it was."""
    _read(name)
    load_profile.cache_clear()


def _read(name: str) -> Profile:
    path = Path(name) if name.endswith(".toml") else FOLDER / f"{name}.toml"
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        content["words"] = {calls.plain(word): call for word, call in content.get("words", {}).items()}
        content["bounds"] = {calls.plain(word): sign for word, sign in content.get("bounds", {}).items()}
        return Profile.model_validate(content)
    except OSError as error:
        raise ConfigError(f"profile {name}: {error.strerror}; there are {', '.join(names())}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, ValidationError, AttributeError) as error:
        raise ConfigError(f"profile {name}: {error}") from error


def names() -> list[str]:
    """The packaged profiles."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))
