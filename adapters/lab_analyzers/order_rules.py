"""How a model is told what to measure, and what it calls its tests: the table ``[orders]`` of a profile."""

from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, field_validator

_MAX_NAME_CHARACTERS = 120


class NamedTest(NamedTuple):
    """A test as the machine knows it: OBR-4 or O.5; ``text`` and ``system`` may be empty."""

    code: str
    text: str = ""
    system: str = ""


class OrderRules(BaseModel):
    """How one model takes orders."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str = Field(
        default="", description="The document or captures of these rules, or why the model takes no orders."
    )
    hl7: Literal["none", "law", "answer", "as_asked"] = Field(
        default="none",
        description="By HL7: not at all (a query is told so), as OML^O33 behind the answer to its query "
        "(law: IHE LAW), in that answer, or whichever the query asks for.",
    )
    no_order: Literal["DC", "NF", "OK"] = Field(
        default="NF",
        description="How a query without orders is told so: OML^O33 with ORC-1 = DC (IHE LAW), QAK-2 = NF, "
        "or QAK-2 = OK with nothing behind it.",
    )
    unasked: bool = Field(
        default=False, description="Whether it takes orders by HL7 that it did not ask for (LAB-28)."
    )
    specimen_field: int = Field(
        default=3, ge=3, le=20, description="Field of QPD with the specimen that is asked for."
    )
    answer_type: str = Field(
        default="RSP^K11^RSP_K11",
        pattern=r"^RSP\^[A-Z][0-9A-Z]{2}(\^[A-Z0-9_]{1,15})?$",
        description="MSH-9 of the answer to its query.",
    )
    specimen_last: bool = Field(
        default=False,
        description="Orders in an answer: ORC, OBR, TQ1, SPM instead of SPM, SAC, ORC, TQ1, OBR.",
    )
    specimen_namespace: str = Field(
        default="", pattern=r"^[A-Za-z0-9]{0,20}$", description="What stands behind the id in SPM-2: `ROCHE`."
    )
    specimen_type: str = Field(
        default="",
        pattern=r"^[A-Za-z0-9]{0,20}$",
        description="Specimen type that it wants whatever the order says; empty: that of the order.",
    )
    timing: bool = Field(default=True, description="Whether TQ1 with the priority is sent.")
    system: str = Field(
        default="", pattern=r"^[A-Za-z0-9]{0,20}$", description="Coding system of its own codes: `99ROC`."
    )
    loinc: bool = Field(default=False, description="Whether it takes any LOINC code as the name of a test.")
    verbatim: bool = Field(
        default=False,
        description="Whether the laboratory names the tests at the machine: our codes are sent as they are.",
    )
    tests: dict[str, str] = Field(
        default={},
        description="Its names of tests by our codes, code^text^system; codes of its results need none.",
    )

    @field_validator("tests")
    @classmethod
    def _names_can_be_written(cls, tests: dict[str, str]) -> dict[str, str]:
        for name in tests.values():
            if not name.partition("^")[0] or len(name) > _MAX_NAME_CHARACTERS or not name.isprintable():
                raise ValueError(f"{name!r} is no name of a test; write it like 94500-6^SARS-CoV-2 RNA^LN")
        return tests

    def named(self, code: str) -> NamedTest | None:
        """What ``tests`` says of a code of ours."""
        name = self.tests.get(code)
        return NamedTest(*name.split("^", 2)) if name is not None else None
