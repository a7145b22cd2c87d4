"""Which cell of a report is which data element: a table, versioned, that a person can read and check.

Two versions of a file may be valid one after the other, never at once: a value of an old day goes where it
went on that day.
"""

import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from hub.errors import ConfigError

DEFAULT: Final = Path(__file__).parent / "mappings" / "dong-nai-2021.toml"
LARGEST_FILE_BYTES: Final = 1 << 20
KEY: Final = "{key}"
Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,50}$")]
OrgUnit = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{0,30}(\{key\})?[A-Za-z0-9._-]{0,30}$", min_length=1)]


class Element(BaseModel):
    """One column: its data element, and the category option combination it is a part of."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    element: Code
    combo: Code = "default"


class DataSet(BaseModel):
    """One table of one report. ``org_unit``: ``{key}`` is the row's code; without it all rows are one unit.

    ``rows``: where a row's own code says which combination it is (levels, doses): row key -> combination.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    report: Annotated[str, Field(pattern=r"^[a-z-]{1,40}$")]
    table: Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]
    data_set: Code
    org_unit: OrgUnit
    columns: Mapping[str, Element] = Field(min_length=1, max_length=200)
    rows: Mapping[str, Code] = {}

    @model_validator(mode="after")
    def _tells_rows_apart(self) -> "DataSet":
        if KEY not in self.org_unit and not self.rows:
            raise ValueError("without {key} in org_unit the rows need combinations: all would be one value")
        return self


class MappingTable(BaseModel):
    """A file; ``version`` stands beside what was sent by it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: int = Field(ge=1)
    valid_from: date
    valid_to: date | None = None
    sets: tuple[DataSet, ...] = Field(alias="set", min_length=1, max_length=100)

    @model_validator(mode="after")
    def _unambiguous(self) -> "MappingTable":
        told = [(one.report, one.table, one.data_set) for one in self.sets]
        if len(set(told)) != len(told):
            raise ValueError("two sets name the same report, table and data set")
        return self

    def of(self, report: str, day: date) -> list[DataSet]:
        """What is sent of a report's day; none where the table is not valid then."""
        valid = self.valid_from <= day and (self.valid_to is None or day < self.valid_to)
        return [one for one in self.sets if one.report == report] if valid else []


def read_mapping(path: Path) -> MappingTable:
    """Raises ConfigError with what is wrong and where."""
    try:
        body = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"mapping {path.name}: {error.strerror}") from error
    if len(body) > LARGEST_FILE_BYTES:
        raise ConfigError(f"mapping {path.name}: over 1 MiB")
    try:
        return MappingTable.model_validate(tomllib.loads(body.decode()))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"mapping {path.name}: {error}") from error
    except ValidationError as error:
        raise ConfigError(f"mapping {path.name}: {_first(error)}") from error


def _first(error: ValidationError) -> str:
    told = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(map(str, told['loc'])) or 'file'}: {told['msg']}"
