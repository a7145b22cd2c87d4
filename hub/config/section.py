"""What every table of epihub.toml is."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """One table of the file: closed, unchangeable, and silent about values in its errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
    TITLES: ClassVar[tuple[str, str]]  # English, Vietnamese
