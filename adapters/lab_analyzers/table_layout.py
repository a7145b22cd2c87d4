"""How a cycler's exported table is laid out: which column says what. Part of a profile."""

from pydantic import BaseModel, ConfigDict, Field

Columns = tuple[str, ...]


class Table(BaseModel):
    """Columns by their headings, in any case; the first that the file has counts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    specimen: Columns = Field(default=(), description="Headings of the specimen id; none: no tables.")
    target: Columns = Field(default=(), description="Headings of the target or detector.")
    test: Columns = Field(default=(), description="Headings of the test; none: `test_code`, else the target.")
    test_code: str = Field(default="", max_length=32, description="The test of all rows.")
    result: Columns = Field(default=(), description="Headings of the result in words or as a number.")
    quantity: Columns = Field(default=(), description="Headings of the amount.")
    unit: str = Field(default="", description="Unit of the amount.")
    ct: Columns = Field(default=(), description="Headings of the Ct.")
    task: Columns = Field(default=(), description="Headings of what a well is for.")
    control_tasks: frozenset[str] = Field(
        default=frozenset(), description="Tasks of what is no patient's specimen, in any case."
    )
    well: Columns = Field(default=(), description="Headings of the well.")
    time: Columns = Field(default=(), description="Headings, or names of lines above the table, of the time.")
    time_forms: tuple[str, ...] = Field(
        default=("%Y-%m-%d %H:%M:%S",), description="How times are written (strptime), tried in turn."
    )
    run: Columns = Field(default=(), description="Headings, or names of lines above the table, of the run.")
