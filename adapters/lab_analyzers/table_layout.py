"""How a cycler's exported table is laid out: which column says what. Part of a profile."""

import re

from pydantic import BaseModel, ConfigDict, Field

Columns = tuple[str, ...]


class Table(BaseModel):
    """Columns by their headings, in any case; the first that is filled counts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sheets: Columns = Field(
        default=(),
        description="Names of the sheet, or of the [section] of a text, the first that the file has; "
        "none: the first with the headings.",
    )
    about: Columns = Field(
        default=(), description="Names of a sheet with the lines that others have above the table."
    )
    specimen: Columns = Field(default=(), description="Headings of the specimen id; none: no tables.")
    target: Columns = Field(default=(), description="Headings of the target or detector.")
    test: Columns = Field(default=(), description="Headings of the test; none: `test_code`, else the target.")
    test_code: str = Field(default="", max_length=32, description="The test of all rows.")
    result: Columns = Field(default=(), description="Headings of the result in words or as a number.")
    quantity: Columns = Field(default=(), description="Headings of the amount.")
    unit: str = Field(default="", description="Unit of the amount.")
    thousands: str = Field(
        default="", pattern=r"^[., ]?$", description="What stands between the thousands of an amount."
    )
    ct: Columns = Field(default=(), description="Headings of the Ct.")
    task: Columns = Field(default=(), description="Headings of what a well is for.")
    control_tasks: frozenset[str] = Field(
        default=frozenset(), description="Tasks of what is no patient's specimen, in any case."
    )
    omitted: Columns = Field(
        default=(), description="Headings of what says that the laboratory left a well out (true, yes, x)."
    )
    included: Columns = Field(
        default=(), description="Headings of what says that it did not (false, no: it did)."
    )
    well: Columns = Field(default=(), description="Headings of the well.")
    time: Columns = Field(default=(), description="Headings, or names of lines above the table, of the time.")
    time_forms: tuple[str, ...] = Field(
        default=("%Y-%m-%d %H:%M:%S",),
        description="How times are written (strptime), tried in turn; UTC at the end is meant.",
    )
    run: Columns = Field(default=(), description="Headings, or names of lines above the table, of the run.")
    serial: Columns = Field(
        default=(), description="Headings, or names of lines above, of the serial number."
    )
    record: str = Field(
        default="",
        description="Line that begins one test, where a file is a list of tests and not one table.",
    )
    record_rows: str = Field(default="", description="Line before the table of targets of such a test.")
    overall: Columns = Field(
        default=(), description="Headings of the result of the whole test; `|` stands between several."
    )
    amount: re.Pattern[str] | None = Field(
        default=None,
        description="A result of the whole test with an amount: group 1 its words, 2 the number, 3 the unit.",
    )
