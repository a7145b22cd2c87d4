"""What ``epihub doctor`` has found."""

from typing import NamedTuple


class Finding(NamedTuple):
    """``remedy`` says what to do when ``good`` is False."""

    good: bool
    what: str
    remedy: str = ""
